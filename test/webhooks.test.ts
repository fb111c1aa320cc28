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
const receiver = createServer(async (request, response) => {
  let body = ''
  for await (const chunk of request) body += chunk
  const path = request.url ?? ''
  got.push({ path, headers: request.headers as Record<string, string>, body })
  response.writeHead(answers.get(path)?.shift() ?? 204).end()
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
    expect((await call('POST', `/${id}/deliveries/${delivered.id}/replay`)).status).toBe(200)
    await until('the replay', () => (told(path).length >= 3 ? true : undefined))
    expect(told(path)[2]?.headers['webhook-id']).toBe(ids[0])
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
      data: { what: 'wrong_codes', inHour: 3 },
    })
    expect(told(path)).toHaveLength(1)
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
    expect(told('/private')).toEqual([])
  } finally {
    await sparekey.close()
  }
})
