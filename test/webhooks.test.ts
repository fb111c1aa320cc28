import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Webhook } from 'standardwebhooks'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { backends, type Json, type Sparekey, startSparekey, tokenOf, until } from './support/sparekey.ts'

const password = 'violet kayak hums at dawn'

interface Got {
  path: string
  headers: Record<string, string>
  body: string
}

/** A receiver that keeps what it is told, and answers as a test wants. */
const got: Got[] = []
const answers = new Map<string, number[]>()
/** Calls to these paths hang until they are let go. */
const hanging = new Map<string, Hanging>()
interface Hanging {
  waiting: Set<() => void>
  /** How many hung at a time. */
  most: number
}
const receiver = createServer(async (request, response) => {
  let body = ''
  for await (const chunk of request) body += chunk
  const path = request.url ?? ''
  got.push({ path, headers: request.headers as Record<string, string>, body })
  const answer = () => void response.writeHead(answers.get(path)?.shift() ?? 204).end()
  const others = hanging.get(path)
  if (!others) return answer()
  others.waiting.add(answer)
  others.most = Math.max(others.most, others.waiting.size)
  response.once('close', () => others.waiting.delete(answer))
})
let base: string
beforeAll(async () => {
  receiver.listen(0, '127.0.0.1')
  await once(receiver, 'listening')
  base = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}`
})
afterAll(() => receiver.close())
const told = (path: string) => got.filter(each => each.path === path)

describe.each(backends)('webhooks, queues on %s', backend => {
  let sparekey: Sparekey
  let people = 0
  beforeAll(async () => {
    sparekey = await startSparekey({ backend, env: { WEBHOOK_ALLOW: '127.0.0.1' } })
  })
  afterAll(() => sparekey?.close())

  async function endpoint(path: string, input: object = {}) {
    const app = await sparekey.application()
    const call = (method: string, at: string, body?: unknown) =>
      sparekey.call(method, `/v1/webhooks${at}`, { key: app.secret, ...(body === undefined ? {} : { body }) })
    const made = await call('POST', '', { url: `${base}${path}`, ...input })
    expect(made.status).toBe(201)
    return { app, call, id: made.body.id as string, secret: made.body.secret as string }
  }
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

  test('an endpoint that says 410 is switched off and hears nothing more, until it is switched on', async () => {
    const path = `/gone/${backend}`
    const { app, call, id } = await endpoint(path, { events: ['reset.accepted'] })
    answers.set(path, [410])
    const ask = () =>
      sparekey.call('POST', '/v1/reset-requests', { key: app.secret, body: { login: 'nobody@example.com' } })
    await ask()
    const off = await until('it is off', async () => {
      const { items } = (await call('GET', '')).body
      return items[0].enabled ? undefined : items[0]
    })
    expect(off.disabledReason).toContain('410')
    await until('the key knows', async () => {
      await ask()
      const { items } = (await call('GET', `/${id}/deliveries`)).body
      return items.length > 0 ? true : undefined
    })
    expect((await call('PATCH', `/${id}`, { enabled: true })).body).toMatchObject({ enabled: true })
    expect((await call('DELETE', `/${id}`)).status).toBe(204)
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
    for (const path of more) await call('POST', '', { url: base + path, events: ['reset.accepted'] })
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

  test('are seen and mended by the operator, who says whose they are', async () => {
    const path = `/operator/${backend}`
    const { app, id } = await endpoint(path, { events: ['reset.accepted'] })
    const other = await sparekey.application()
    const key = sparekey.adminKey
    const admin = (method: string, at: string, of?: string, body?: unknown) =>
      sparekey.call(method, `/v1/webhooks${at}${of ? `?applicationId=${of}` : ''}`, {
        key,
        ...(body ? { body } : {}),
      })
    const made = await admin('POST', '', app.id, { url: `${base}${path}/made`, events: ['reset.accepted'] })
    expect(made).toMatchObject({
      status: 201,
      body: { applicationId: app.id, secret: expect.stringContaining('whsec_') },
    })
    const ids = ({ body }: { body: Json }) => body.items.map((item: Json) => item.id)
    expect(ids(await admin('GET', '', app.id))).toEqual([made.body.id, id])
    expect(ids(await admin('GET', '', other.id))).toEqual([])
    expect(ids(await admin('GET', ''))).toEqual(expect.arrayContaining([made.body.id, id]))

    answers.set(path, [410])
    await sparekey.call('POST', '/v1/reset-requests', {
      key: app.secret,
      body: { login: 'nobody@example.com' },
    })
    await until('it is off', async () =>
      ids(await admin('GET', '?failed=true')).includes(id) ? true : undefined,
    )
    expect(ids(await admin('GET', '?failed=true'))).not.toContain(made.body.id)
    expect((await admin('PATCH', `/${id}`, app.id, { enabled: true })).body).toMatchObject({ enabled: true })
    const [delivery] = (await admin('GET', `/${id}/deliveries`, app.id)).body.items
    expect((await admin('POST', `/${id}/deliveries/${delivery.id}/replay`, app.id)).status).toBe(200)
    await until('the replay', () => (told(path).length >= 2 ? true : undefined))

    // Without its application, or under another's name, it is not touched.
    expect(await admin('DELETE', `/${id}`)).toMatchObject({
      status: 400,
      body: { errors: [{ path: 'applicationId' }] },
    })
    expect((await admin('DELETE', `/${id}`, other.id)).status).toBe(404)
    expect((await admin('POST', '', `app_${'0'.repeat(26)}`, { url: base })).status).toBe(404)
    expect((await admin('DELETE', `/${id}`, app.id)).status).toBe(204)
    const { body: log } = await sparekey.call('GET', `/v1/audit?applicationId=${app.id}`, { key })
    expect(log.items[0]).toMatchObject({ actor: 'operator', action: 'webhook.delete', target: id })
  })

  test('of another application are not there', async () => {
    const { id } = await endpoint(`/mine/${backend}`)
    const other = await sparekey.application()
    for (const [method, at] of [
      ['PATCH', ''],
      ['DELETE', ''],
      ['POST', '/rotate-secret'],
      ['GET', '/deliveries'],
    ] as const) {
      const body = method === 'PATCH' ? { enabled: false } : undefined
      const answer = await sparekey.call(method, `/v1/webhooks/${id}${at}`, {
        key: other.secret,
        ...(body ? { body } : {}),
      })
      expect(answer.status).toBe(404)
    }
  })
})

test('no webhook goes to a private address unless the operator allows it', async () => {
  const sparekey = await startSparekey()
  try {
    const app = await sparekey.application()
    const key = app.secret
    const { body } = await sparekey.call('POST', '/v1/webhooks', { key, body: { url: `${base}/private` } })
    await sparekey.call('POST', '/v1/reset-requests', { key, body: { login: 'nobody@example.com' } })
    const refused = await until('the refusal', async () => {
      const { items } = (await sparekey.call('GET', `/v1/webhooks/${body.id}/deliveries`, { key })).body
      return items[0]?.lastError ? items[0] : undefined
    })
    expect(refused).toMatchObject({ status: 'queued', lastError: 'address_not_allowed' })
    expect(refused.attempts).toMatchObject([{ error: 'address_not_allowed' }])
    expect(told('/private')).toEqual([])
  } finally {
    await sparekey.close()
  }
})
