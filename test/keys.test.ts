import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Json, type Sparekey, startSparekey, until } from './support/sparekey.ts'

let sparekey: Sparekey
let app: Awaited<ReturnType<Sparekey['application']>>
beforeAll(async () => {
  // Without a worker a request stays as it was taken.
  sparekey = await startSparekey({ worker: false })
  app = await sparekey.application()
})
afterAll(() => sparekey?.close())

const admin = (method: string, path: string, body?: unknown) =>
  sparekey.call(method, path, { key: sparekey.adminKey, ...(body === undefined ? {} : { body }) })
async function keyWith(options: object): Promise<{ id: string; key: string }> {
  const made = await admin('POST', `/v1/applications/${app.id}/keys`, { kind: 'secret', ...options })
  expect(made.status).toBe(201)
  return made.body
}

test('a key with scopes does what they say and nothing else', async () => {
  const { key } = await keyWith({ scopes: ['requests:write'] })
  const call = (method: string, path: string, body?: unknown) =>
    sparekey.call(method, path, { key, ...(body === undefined ? {} : { body }) })
  const asked = await call('POST', '/v1/reset-requests', { login: 'a@example.com' })
  expect(asked.status).toBe(202)
  for (const [method, path, body] of [
    ['GET', `/v1/reset-requests/${asked.body.id}`, undefined],
    ['GET', '/v1/reset-requests', undefined],
    ['POST', '/v1/reset-tokens/redeem', { token: 'x'.repeat(43) }],
    ['GET', '/v1/accounts', undefined],
    ['POST', '/v1/accounts', { login: 'b', email: 'b@example.com' }],
    ['GET', '/v1/webhooks', undefined],
    ['GET', '/v1/applications', undefined],
  ] as const)
    expect({ path, status: (await call(method, path, body)).status }).toEqual({ path, status: 403 })
  expect((await call('POST', `/v1/reset-requests/${asked.body.id}/cancel`)).status).toBe(200)
  const narrow = await fetch(`${sparekey.url}/compat/akinon/api/v1/auth/generate-reset-token`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: '{"username":"a@example.com"}',
  })
  expect(narrow.status).toBe(401)
})

test('a key ends with its time, and when it was used last is told', async () => {
  const { id, key } = await keyWith({
    name: 'short',
    expiresAt: new Date(Date.now() + 3_600_000).toISOString(),
  })
  expect((await sparekey.call('GET', '/v1/accounts', { key })).status).toBe(200)
  const listed = await until('its last use', async () => {
    const { items } = (await admin('GET', `/v1/applications/${app.id}/keys`)).body
    return items.find((each: Json) => each.id === id && each.lastUsedAt)
  })
  expect(listed).toMatchObject({ name: 'short', expiresAt: expect.any(String) })
  expect(JSON.stringify(listed)).not.toContain(key)
  await sparekey.sql`update api_keys set expires_at = now() - interval '1 second' where id = ${id}`
  await until('it is refused', async () => {
    const { status } = await sparekey.call('GET', '/v1/accounts', { key })
    return status === 401 ? true : undefined
  })
  for (const options of [
    { expiresAt: '2020-01-01T00:00:00Z' },
    { kind: 'publishable', scopes: ['requests:write'] },
    { scopes: [] },
    { scopes: ['everything'] },
  ])
    expect(
      (await admin('POST', `/v1/applications/${app.id}/keys`, { kind: 'secret', ...options })).status,
    ).toBe(400)
})

test('what operators and keys change is written down by names without values, and stays', async () => {
  const own = await sparekey.application({ name: 'Audited' })
  await admin('PATCH', `/v1/applications/${own.id}`, { name: 'Very Secret Name', linkMinutes: 20 })
  await admin('PATCH', `/v1/applications/${own.id}`, { linkMinutes: -1 })
  const { body: account } = await sparekey.call('POST', '/v1/accounts', {
    key: own.secret,
    body: { login: 'anna@example.com', email: 'anna@example.com' },
  })
  const { body } = await admin('GET', `/v1/audit?applicationId=${own.id}`)
  expect(body.items).toMatchObject([
    {
      actor: expect.stringMatching(/^key_/),
      action: 'account.create',
      target: account.id,
      fields: ['login', 'email'],
    },
    { actor: 'operator', action: 'application.update', target: own.id, fields: ['name', 'linkMinutes'] },
  ])
  const created = (await admin('GET', '/v1/audit?limit=100')).body.items
  expect(created.find(({ target }: Json) => target === own.id)).toBeTruthy()
  expect(JSON.stringify(created)).not.toMatch(/Very Secret|anna@/)
  for (const statement of ['update audit_log set actor = $1', 'delete from audit_log where actor <> $1'])
    await expect(sparekey.sql.unsafe(statement, ['x'])).rejects.toThrow('append-only')
  expect((await sparekey.call('GET', '/v1/audit', { key: own.secret })).status).toBe(403)
})
