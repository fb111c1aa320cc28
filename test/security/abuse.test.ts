import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { isLong } from '../support/long.ts'
import { startRedis } from '../support/servers.ts'
import { backends, type Sparekey, startSparekey, until } from '../support/sparekey.ts'
import { noLimits, openDesk } from './support/desk.ts'
import { inParallel } from './support/parallel.ts'
import { createRandom } from './support/random.ts'

const trustUs = { TRUST_PROXY: '127.0.0.1,::1' }

describe.each(backends)('with queues on %s:', backend => {
  // The long form does all of it on both.
  const whole = isLong || backend === 'redis'
  const many = whole ? 1000 : 200
  let sparekey: Sparekey
  beforeAll(async () => {
    sparekey = await startSparekey({ backend })
  })
  afterAll(() => sparekey?.close())

  describe('1,000 requests with forged X-Forwarded-For', () => {
    const most = 40
    const random = createRandom()
    const forged = () => Array.from({ length: 4 }, () => random.below(256)).join('.')

    /** How many of these calls were let in. */
    async function letIn(at: Sparekey): Promise<number> {
      const app = await at.application({ limits: { ...noLimits, perAddressMinute: most } })
      const answers = await inParallel(
        Array.from(
          { length: many },
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
    })

    test.runIf(whole)(
      'control: where the operator trusts the sender, each is a bucket of its own',
      async () => {
        const trusting = await startSparekey({ backend, worker: false, env: trustUs })
        expect(await letIn(trusting)).toBeGreaterThan(0.9 * many)
        await trusting.close()
      },
      60_000,
    )
  })

  describe('1,000 requests for one address, across keys, spellings and in parallel', () => {
    const batches = 20
    const older = () => sparekey.sql`update reset_requests set created_at = created_at - interval '2 minutes'`

    /** Lets a batch go by every few minutes, as far as the database can tell; resolves to the mails that came. */
    async function flood(limits: object, total = many): Promise<{ hour: number; day: number }> {
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
    })

    test.runIf(whole)(
      'control: without these limits the same flood brings more',
      async () => {
        const { hour, day } = await flood({}, 100)
        expect(hour).toBeGreaterThan(5)
        expect(day).toBeGreaterThan(10)
      },
      90_000,
    )
  })

  test('accounts that share an address share its mails, also when all are asked for at once', async () => {
    const limits = { ...noLimits, perRecipientHour: 2 }
    const { app, account, ask } = openDesk(sparekey, await sparekey.application({ limits }))
    const email = `shared.${backend}@example.com`
    const logins = ['one', 'two', 'three', 'four']
    for (const login of logins) await account({ login, email })
    await account({ login: 'other', email: `other.${backend}@example.com` })
    const asked = await Promise.all([...logins, 'other'].map(login => ask(login)))
    const ended = await Promise.all(
      asked.map(({ body }) => sparekey.status(body.id, app.secret, 'sent', 'ignored')),
    )
    const reasons = ended.map(({ reason }) => reason).filter(Boolean)
    expect(reasons).toEqual(['recipient_limit', 'recipient_limit'])
    expect(sparekey.mails(email)).toHaveLength(2)
    expect(sparekey.mails(`other.${backend}@example.com`)).toHaveLength(1)
  })
})

describe('calls that an address has too many', () => {
  let sparekey: Sparekey
  beforeAll(async () => {
    sparekey = await startSparekey({ worker: false, env: trustUs })
  })
  afterAll(() => sparekey?.close())

  const doors = {
    '/v1/reset-requests': { login: 'nobody@example.com' },
    '/v1/reset-tokens/peek': { token: 'x' },
    '/compat/akinon/api/v1/auth/generate-reset-token': { username: 'nobody@example.com' },
  }
  test.each(Object.entries(doors))(
    'use up nothing of what all may who hold the key: %s',
    async (path, body) => {
      const limits = { ...noLimits, perAddressMinute: 60, perKeyMinute: 70 }
      const app = await sparekey.application({ limits })
      /** How many of so many calls were not refused for a limit. */
      const letIn = async (ip: string, calls: number) => {
        const headers = { 'x-forwarded-for': ip }
        const call = () => sparekey.call('POST', path, { key: app.publishable, body, headers })
        const answers = await inParallel(Array.from({ length: calls }, () => call))
        return answers.filter(({ status }) => status !== 429).length
      }
      expect(await letIn('198.51.100.1', 100)).toBe(60)
      expect(await letIn('198.51.100.2', 5)).toBe(5)
      // Control: the key's limit is there, and holds what addresses may together.
      expect(await letIn('198.51.100.3', 10)).toBe(5)
    },
  )
})

test('while Redis is away each process counts by itself, a flood is told of, and once it is back it counts again', async () => {
  const redis = await startRedis()
  const told: { message: string; applicationId?: string }[] = []
  const note = (fields: object, message: string) => told.push({ ...fields, message })
  const log = { debug() {}, info() {}, warn: note, error: note }
  const sparekey = await startSparekey({ redisUrl: redis.url, log })
  try {
    const most = 5
    const limits = { ...noLimits, perAddressMinute: most, suspectRequestsMinute: 30 }
    const app = await sparekey.application({ limits })
    const { ask } = openDesk(sparekey, app)
    const asked = (key: string) => ask('nobody@example.com', {}, key)
    const letIn = async () => {
      const answers = await Promise.all(Array.from({ length: most + 3 }, () => asked(app.publishable)))
      return answers.filter(({ status }) => status === 202).length
    }
    expect(await letIn()).toBe(most)
    expect(await letIn()).toBe(0)
    await redis.stop('SIGKILL')
    expect(await letIn()).toBe(most)
    expect(await letIn()).toBe(0)
    const flood = await Promise.all(Array.from({ length: 30 }, () => asked(app.secret)))
    expect(flood.every(({ status }) => status === 202)).toBe(true)
    const flooded = await until(
      'the flood',
      () => told.find(({ message }) => message === 'far more requests than usual'),
      30_000,
    )
    expect(flooded.applicationId).toBe(app.id)
    await redis.start()
    // It has forgotten its count, so that calls are let in which memory would refuse for the rest of the minute.
    await until('Redis counts', async () => (await letIn()) || undefined)
  } finally {
    await sparekey.close()
    await redis.close()
  }
}, 90_000)

describe('an Idempotency-Key', () => {
  let sparekey: Sparekey
  beforeAll(async () => {
    sparekey = await startSparekey({ backend: 'redis' })
  })
  afterAll(() => sparekey?.close())
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
    // Another route of the same application makes a request of its own, with the same key.
    const route = '/compat/akinon/api/v1/auth/generate-reset-token'
    const own = { key: desk.app.secret, body: { username: person.login }, headers }
    expect((await sparekey.call('POST', route, own)).status).toBe(201)
    const rows = await sparekey.sql`select distinct dialect from reset_requests
      where application_id = ${desk.app.id} order by dialect`
    expect(rows.map(({ dialect }) => dialect)).toEqual(['akinon', 'sparekey'])
  })

  test('control: with a key each the same calls are as many requests', async () => {
    expect((await askMany(i => `order-${i}`)).ids.size).toBe(parallel)
  })
})
