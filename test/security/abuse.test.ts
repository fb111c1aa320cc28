import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Sparekey, startSparekey, until } from '../support/sparekey.ts'
import { noLimits, openDesk } from './support/desk.ts'
import { createRandom } from './support/random.ts'

let sparekey: Sparekey
beforeAll(async () => {
  sparekey = await startSparekey({ backend: 'redis' })
})
afterAll(() => sparekey?.close())

/** Runs these with a few under way at a time, as an impatient client does. */
async function inParallel<T>(works: (() => Promise<T>)[], width = 25): Promise<T[]> {
  const results: T[] = []
  const left = works.entries()
  const run = async () => {
    for (const [at, work] of left) results[at] = await work()
  }
  await Promise.all(Array.from({ length: width }, run))
  return results
}

describe('1,000 requests with forged X-Forwarded-For', () => {
  const most = 40
  const random = createRandom()
  const forged = () => Array.from({ length: 4 }, () => random.below(256)).join('.')

  /** How many of a thousand calls were let in. */
  async function letIn(at: Sparekey): Promise<number> {
    const app = await at.application({ limits: { ...noLimits, perAddressMinute: most } })
    const answers = await inParallel(
      Array.from(
        { length: 1000 },
        () => () =>
          at.call('POST', '/v1/reset-requests', {
            key: app.publishable,
            body: { login: 'nobody@example.com' },
            headers: { 'x-forwarded-for': forged(), forwarded: `for=${forged()}`, 'x-real-ip': forged() },
          }),
      ),
    )
    const statuses = answers.map(({ status }) => status)
    expect(statuses.every(status => status === 202 || status === 429)).toBe(true)
    return statuses.filter(status => status === 202).length
  }

  test('fall into one bucket', async () => {
    expect(await letIn(sparekey)).toBe(most)
  }, 60_000)

  test('control: where the operator trusts the sender, each is a bucket of its own', async () => {
    const trusting = await startSparekey({
      backend: 'redis',
      worker: false,
      env: { TRUST_PROXY: '127.0.0.1,::1' },
    })
    expect(await letIn(trusting)).toBeGreaterThan(900)
    await trusting.close()
  }, 60_000)
})

describe('1,000 requests for one address, across keys, spellings and in parallel', () => {
  const batches = 20
  const older = () => sparekey.sql`update reset_requests set created_at = created_at - interval '2 minutes'`

  /** Lets a batch go by every few minutes, as far as the database can tell; resolves to the mails that came. */
  async function flood(limits: object, total = 1000): Promise<{ hour: number; day: number }> {
    const app = await sparekey.application({ limits: { ...noLimits, ...limits } })
    const { body: second } = await sparekey.call('POST', `/v1/applications/${app.id}/keys`, {
      key: sparekey.adminKey,
      body: { kind: 'publishable' },
    })
    const login = `flooded${app.slug.replaceAll('-', '')}`
    const email = `${login}@example.com`
    await openDesk(sparekey, app).account({ login, email })
    const spellings = [login, login.toUpperCase(), email, email.toUpperCase(), ` ${email} `]
    const keys = [app.secret, app.publishable, second.key]
    const batch = async (size: number) => {
      const answers = await inParallel(
        Array.from(
          { length: size },
          (_, i) => () =>
            sparekey.call('POST', '/v1/reset-requests', {
              key: keys[i % keys.length] ?? '',
              body: { login: spellings[i % spellings.length] },
            }),
        ),
      )
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202]))
      await until('the batch is done with', async () => {
        const [row] = await sparekey.sql`select count(*)::int as open from reset_requests
          where application_id = ${app.id} and status in ('accepted', 'sending')`
        return row?.open === 0 || undefined
      })
      await older()
    }
    const size = total / batches
    for (let i = 0; i < batches / 2; i++) await batch(size)
    const hour = sparekey.mails(email).length
    await sparekey.sql`update mails set created_at = created_at - interval '61 minutes'`
    for (let i = 0; i < batches / 4; i++) await batch(size)
    await sparekey.sql`update mails set created_at = created_at - interval '61 minutes'`
    for (let i = 0; i < batches / 4; i++) await batch(size)
    return { hour, day: sparekey.mails(email).length }
  }

  test('are all answered 202, and bring at most 5 mails an hour and 10 a day', async () => {
    const usual = { perRecipientHour: undefined, perRecipientDay: undefined }
    expect(await flood(usual)).toEqual({ hour: 5, day: 10 })
  }, 90_000)

  test('control: without these limits the same flood brings more', async () => {
    const { hour, day } = await flood({}, 100)
    expect(hour).toBeGreaterThan(5)
    expect(day).toBeGreaterThan(10)
  }, 90_000)
})

describe('an Idempotency-Key', () => {
  const parallel = 100
  async function askMany(keyOf: (i: number) => string) {
    const desk = openDesk(sparekey, await sparekey.application({ limits: noLimits }))
    const person = await desk.account()
    const answers = await Promise.all(
      Array.from({ length: parallel }, (_, i) =>
        sparekey.call('POST', '/v1/reset-requests', {
          key: desk.app.secret,
          body: { login: person.login },
          headers: { 'idempotency-key': keyOf(i) },
        }),
      ),
    )
    const ids = new Set(answers.map(({ body }) => body.id as string))
    expect(answers.every(({ status }) => status === 202)).toBe(true)
    await Promise.all([...ids].map(id => sparekey.status(id, desk.app.secret, 'sent', 'ignored')))
    return { desk, person, ids, mails: sparekey.mails(person.email).length }
  }

  test('makes 100 parallel calls one request and one mail; another body is 422, another application another key', async () => {
    const { desk, person, ids, mails } = await askMany(() => 'order-7')
    expect([ids.size, mails]).toEqual([1, 1])
    const headers = { 'idempotency-key': 'order-7' }
    const again = (key: string, body: object) =>
      sparekey.call('POST', '/v1/reset-requests', { key, body, headers })
    expect((await again(desk.app.secret, { login: person.login, locale: 'de' })).status).toBe(422)
    const other = await sparekey.application({ limits: noLimits })
    const elsewhere = await again(other.secret, { login: person.login, locale: 'de' })
    expect(elsewhere.status).toBe(202)
    expect(ids.has(elsewhere.body.id)).toBe(false)
    // The same key on another route is not looked at there.
    const peek = { key: desk.app.secret, body: { token: 'x' }, headers }
    expect((await sparekey.call('POST', '/v1/reset-tokens/peek', peek)).status).toBe(410)
  })

  test('control: with a key each the same calls are as many requests', async () => {
    expect((await askMany(i => `order-${i}`)).ids.size).toBe(parallel)
  })
})
