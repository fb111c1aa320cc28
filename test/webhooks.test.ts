import { Webhook } from 'standardwebhooks'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Hanging, makeEndpoint, useReceiver } from './support/receiver.ts'
import { backends, type Json, type Sparekey, startSparekey, tokenOf, until } from './support/sparekey.ts'

const password = 'violet kayak hums at dawn'

const receiver = useReceiver()
const { answers, got, hanging, told } = receiver

describe.each(backends)('webhooks, queues on %s', backend => {
  let sparekey: Sparekey
  let people = 0
  beforeAll(async () => {
    sparekey = await startSparekey({ backend, env: { WEBHOOK_ALLOW: '127.0.0.1' } })
  })
  afterAll(() => sparekey?.close())

  const endpoint = (path: string, input?: object) => makeEndpoint(sparekey, receiver.base + path, input)
  async function reset(key: string): Promise<string> {
    const login = `hooked${++people}.${backend}@example.com`
    await sparekey.call('POST', '/v1/accounts', { key, body: { login, email: login } })
    await sparekey.call('POST', '/v1/reset-requests', { key, body: { login } })
    const token = tokenOf(await sparekey.mail(login))
    await sparekey.call('POST', '/v1/password-resets', { body: { token, password } })
    return token
  }

  test('tell what became of a request, signed, and never its token', async () => {
    const path = `/all/${backend}`
    const { app, secret } = await endpoint(path)
    const token = await reset(app.secret)
    const types = ['account.password_changed', 'reset.accepted', 'reset.sent', 'reset.used']
    await until('every event', () => (told(path).length >= types.length ? true : undefined))
    const events = told(path).map(({ headers, body }) => new Webhook(secret).verify(body, headers) as Json)
    expect(events.map(({ type }) => type).sort()).toEqual(types)
    expect(new Set(told(path).map(({ headers }) => headers['webhook-id'])).size).toBe(types.length)
    for (const { data } of events) expect(data.login).toMatch(/^hooked/)
    expect(JSON.stringify(told(path))).not.toContain(token)
  })

  test('that wait for their first try show in the age of their queue', async () => {
    const path = `/waiting/${backend}`
    const { app } = await endpoint(path, { events: ['reset.accepted'] })
    const queue = (verb: string) =>
      sparekey.call('POST', `/v1/queues/webhook/${verb}`, { key: sparekey.adminKey })
    const age = async () => {
      const { items } = (await sparekey.call('GET', '/v1/queues', { key: sparekey.adminKey })).body
      return items.find(({ name }: Json) => name === 'webhook').oldestWaitingSeconds
    }
    await queue('pause')
    const body = { login: 'nobody@example.com' }
    await sparekey.call('POST', '/v1/reset-requests', { key: app.secret, body })
    await sparekey.sql`update webhook_deliveries set started_at = now() - interval '1 hour' where status = 'queued'`
    const seconds = await age()
    expect(seconds).toBeGreaterThanOrEqual(3_600)
    expect(seconds).toBeLessThan(3_700)
    await queue('resume')
    await until('it is told', async () => (told(path).length ? true : undefined))
    await until('none to wait', async () => ((await age()) === null ? true : undefined))
  })

  test('are tried again after a failure with the same id, listed, and replayed', async () => {
    const path = `/again/${backend}`
    const { app, call, id } = await endpoint(path, { events: ['reset.accepted'] })
    answers.set(path, [500])
    await sparekey.call('POST', '/v1/reset-requests', {
      key: app.secret,
      body: { login: 'nobody@example.com' },
    })
    await until('the second try', () => (told(path).length >= 2 ? true : undefined))
    const ids = told(path).map(({ headers }) => headers['webhook-id'])
    expect(ids[1]).toBe(ids[0])
    const delivered = await until('it is written down', async () => {
      const { items } = (await call('GET', `/${id}/deliveries`)).body
      return items[0]?.status === 'delivered' ? items[0] : undefined
    })
    expect(delivered).toMatchObject({ id: ids[0], tries: 2, lastStatus: 204, event: 'reset.accepted' })
    const refused = { at: expect.any(String), status: 500, error: 'status', durationMs: expect.any(Number) }
    const taken = { at: expect.any(String), status: 204, durationMs: expect.any(Number) }
    expect(delivered.attempts).toEqual([refused, taken])
    expect(delivered.attempts[0].at < delivered.attempts[1].at).toBe(true)
    expect((await call('POST', `/${id}/deliveries/${delivered.id}/replay`)).status).toBe(200)
    await until('the replay', () => (told(path).length >= 3 ? true : undefined))
    expect(told(path)[2]?.headers['webhook-id']).toBe(ids[0])
    await until('its try is listed behind the others', async () => {
      const [{ attempts, tries }] = (await call('GET', `/${id}/deliveries`)).body.items
      return tries === 1 && attempts.length === 3 ? true : undefined
    })

    const ofBefore = Array.from({ length: 10 }, (_, n) => ({
      at: `2026-01-01T00:00:0${n}.000Z`,
      status: 500,
    }))
    await sparekey.sql`update webhook_deliveries set attempts = ${sparekey.sql.json(ofBefore)} where id = ${delivered.id}`
    await call('POST', `/${id}/deliveries/${delivered.id}/replay`)
    const { attempts } = await until('the next one', async () => {
      const [item] = (await call('GET', `/${id}/deliveries`)).body.items
      return item.status === 'delivered' ? item : undefined
    })
    expect(attempts).toEqual([...ofBefore.slice(1), taken])
  })

  test('are signed by old and new secret while they rotate', async () => {
    const path = `/rotate/${backend}`
    const { app, call, id, secret } = await endpoint(path, { events: ['reset.accepted'] })
    const fresh = (await call('POST', `/${id}/rotate-secret`)).body.secret
    expect(fresh).not.toBe(secret)
    await sparekey.call('POST', '/v1/reset-requests', {
      key: app.secret,
      body: { login: 'nobody@example.com' },
    })
    const { body, headers } = await until('the event', () => told(path)[0])
    for (const each of [secret, fresh]) expect(new Webhook(each).verify(body, headers)).toBeTruthy()
    const [row] = await sparekey.sql`select secrets from webhook_endpoints where id = ${id}`
    expect(JSON.stringify(row)).not.toContain(fresh.slice(6))
  })

  test('to endpoints that hang do not keep another application waiting, and no try of theirs is used up', async () => {
    const paths = ['a', 'b', 'c'].map(name => `/hangs/${name}/${backend}`)
    const [first = '', ...more] = paths
    const hung: Hanging = { waiting: new Set(), most: 0 }
    for (const path of paths) hanging.set(path, hung)
    const { app, call } = await endpoint(first, { events: ['reset.accepted'] })
    const ask = (times: number) =>
      Promise.all(
        Array.from({ length: times }, () =>
          sparekey.call('POST', '/v1/reset-requests', { key: app.secret, body: { login: 'nobody' } }),
        ),
      )
    const tellAnother = async (path: string) => {
      const own = await endpoint(path, { events: ['account.password_changed'] })
      await reset(own.app.secret)
      await until('another application is told', () => told(path)[0])
    }
    await ask(40)
    await until('an endpoint’s share', () => hung.most >= 3 || undefined)
    await tellAnother(`/beside/1/${backend}`)
    expect(hung.most).toBe(3)
    for (const path of more) await call('POST', '', { url: receiver.base + path, events: ['reset.accepted'] })
    await ask(10)
    await until('an application’s share', () => hung.most >= 6 || undefined)
    await tellAnother(`/beside/2/${backend}`)
    expect(hung.most).toBe(6)

    hanging.clear()
    for (const answer of hung.waiting) answer()
    const rows = await until(
      'all of them are delivered',
      async () => {
        const rows = await sparekey.sql`select d.id, d.status, d.tries from webhook_deliveries d
          join webhook_endpoints e on e.id = d.endpoint_id where e.application_id = ${app.id}`
        return rows.every(({ status }) => status === 'delivered') ? rows : undefined
      },
      60_000,
    )
    expect(rows).toHaveLength(40 + 3 * 10)
    const heard = (id: string) => got.filter(({ headers }) => headers['webhook-id'] === id).length
    expect(rows.filter(({ id, tries }) => tries !== heard(id))).toEqual([])
  }, 120_000)

  test('tell of codes that somebody seems to guess', async () => {
    const path = `/abuse/${backend}`
    const { app } = await endpoint(path, { events: ['abuse.suspected'] })
    await sparekey.call('PATCH', `/v1/applications/${app.id}`, {
      key: sparekey.adminKey,
      body: { limits: { wrongCodesHour: 3 } },
    })
    for (let i = 0; i < 5; i++) {
      await fetch(`${sparekey.url}/compat/autoshares/api/v1.0/users/password/reset/code`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'Et-App-Key': app.secret },
        body: JSON.stringify({ Code: '000000' }),
      })
    }
    const { body } = await until('the event', () => told(path)[0])
    expect(JSON.parse(body)).toMatchObject({
      type: 'abuse.suspected',
      data: { kind: 'wrong_codes', limit: 'wrongCodesHour', inHour: 3, inDay: 3 },
    })
    expect(told(path)).toHaveLength(1)
  })
})
