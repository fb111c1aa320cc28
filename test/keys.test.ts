import { randomBytes } from 'node:crypto'
import { Agent, get } from 'node:http'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Operation, readDocument } from './security/support/document.ts'
import { runSparekey } from './support/process.ts'
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

test('callers that share a connection, as behind a proxy, are told apart at each call', async () => {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const sockets = new Set<unknown>()
  const listed = (key: string, path = '/v1/webhooks') =>
    new Promise<string>((resolve, reject) => {
      const headers = { authorization: `Bearer ${key}` }
      get(`${sparekey.url}${path}`, { agent, headers }, async answer => {
        sockets.add(answer.socket)
        let text = ''
        for await (const chunk of answer) text += chunk
        resolve(`${answer.statusCode} ${JSON.parse(text).items?.length ?? ''}`)
      }).on('error', reject)
    })
  const [one, two] = [await sparekey.application(), await sparekey.application()]
  const { id, key } = (await admin('POST', `/v1/applications/${one.id}/keys`, { kind: 'secret' })).body
  await sparekey.call('POST', '/v1/webhooks', { key, body: { url: 'https://example.com/hook' } })
  try {
    for (let round = 0; round < 2; round++) {
      expect(await listed(key)).toBe('200 1')
      expect(await listed(two.secret)).toBe('200 0')
      expect(await listed(one.publishable)).toBe('403 ')
      expect(await listed(sparekey.adminKey, '/v1/queues')).toMatch(/^200/)
      expect(await listed(`sk_${'x'.repeat(43)}`)).toBe('401 ')
    }
    await admin('DELETE', `/v1/applications/${one.id}/keys/${id}`)
    expect(await listed(key)).toBe('401 ')
    expect(sockets.size).toBe(1)
  } finally {
    agent.destroy()
  }
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
    { actor: 'operator', action: 'application.create', target: own.id },
  ])
  const { items } = (await admin('GET', '/v1/audit?limit=100')).body
  expect(JSON.stringify(items)).not.toMatch(/Very Secret|anna@/)
  for (const statement of ["update audit_log set actor = 'x'", 'delete from audit_log', 'truncate audit_log'])
    await expect(sparekey.sql.unsafe(statement)).rejects.toThrow('append-only')
  expect((await sparekey.call('GET', '/v1/audit', { key: own.secret })).status).toBe(403)
})

test('what the command line changes is written down, too', async () => {
  const env = {
    DATABASE_URL: sparekey.databaseUrl,
    SPAREKEY_SECRET: randomBytes(32).toString('base64'),
    SPAREKEY_ADMIN_KEY: sparekey.adminKey,
  }
  const run = async (...args: string[]) => {
    const running = runSparekey(args, env)
    expect(await running.ended, running.output()).toBe(0)
    return running.output()
  }
  const idOf = (output: string, prefix: string) => new RegExp(`${prefix}_\\w{26}`).exec(output)?.[0] ?? ''
  const own = idOf(await run('app', 'create', 'By hand', '--slug', 'by-hand'), 'app')
  const [made, account] = await Promise.all([
    run('key', 'create', 'by-hand', '--name', 'Very Secret Name'),
    run('account', 'create', 'by-hand', 'anna@example.com'),
    run('app', 'alias', 'by-hand', 'other'),
  ])
  const key = idOf(made, 'key')
  await run('key', 'revoke', 'by-hand', key)
  const { items } = (await admin('GET', `/v1/audit?applicationId=${own}`)).body
  expect(items.every(({ actor }: Json) => actor === 'cli')).toBe(true)
  const seen = items.map(({ action, target, fields }: Json) => [action, target, ...fields])
  expect(seen.at(-1)).toEqual(['application.create', own, 'name', 'slug'])
  expect(seen[0]).toEqual(['key.revoke', key])
  expect(seen.slice(1, -1).sort()).toEqual([
    ['account.create', idOf(account, 'acc'), 'login'],
    ['application.update', own, 'aliases'],
    ['key.create', key, 'kind', 'name'],
  ])
  expect(JSON.stringify(items)).not.toMatch(/Very Secret|anna@/)
}, 120_000)

test('an import that breaks off is written down if it made accounts, and leaves no trace if it made none', async () => {
  const own = await sparekey.application()
  const line = (n: number) => JSON.stringify({ login: `row${n}`, email: `row${n}@example.com` })
  const entries = async () => (await admin('GET', `/v1/audit?applicationId=${own.id}`)).body.items
  const breakOff = (lines: number) =>
    sparekey.call('POST', '/v1/accounts/import', {
      key: own.secret,
      // Too long a line, after whole lines that are stored 500 at a time.
      body: [...Array.from({ length: lines }, (_, n) => line(n)), 'x'.repeat(200_000)].join('\n'),
      headers: { 'content-type': 'application/x-ndjson' },
    })
  expect((await breakOff(499)).body.code).toBe('body_too_large')
  expect(await entries()).toMatchObject([{ action: 'application.create' }])
  const broken = await breakOff(501)
  expect(broken.body.code).toBe('body_too_large')
  expect(await entries()).toMatchObject([
    { action: 'account.import', requestId: broken.headers.get('x-request-id') },
    { action: 'application.create' },
  ])
})

/** Calls that are not GET and have no entry, and why. */
const unaudited: Record<string, string> = {
  createResetRequest: 'a person’s wish: a row of its own, with a timeline',
  exchangeResetCode: 'a person’s step, by a secret that was mailed',
  createPasswordReset: 'a person’s step, by a secret that was mailed',
  redeemResetToken: 'a person’s step, by a secret that was mailed',
  peekResetToken: 'changes nothing',
  verifyAccount: 'changes nothing',
}

test('every call of the document by which an operator or a secret key changes something has its entry, among those of its application', async () => {
  const { operations } = await readDocument(sparekey.call)
  const own = await sparekey.application({
    directory: 'http',
    directoryUrl: 'https://app.example.com/sparekey',
  })
  const gone = await sparekey.application()
  const key = { key: app.secret }
  const post = async (path: string, body: object, by = key) =>
    (await sparekey.call('POST', path, { ...by, body })).body.id as string
  const account = () => post('/v1/accounts', { login: 'a@example.com', email: 'a@example.com' })
  const endpoint = await post('/v1/webhooks', { url: 'https://example.com/x', events: ['reset.accepted'] })
  const request = await post('/v1/reset-requests', { login: 'nobody' })
  const failed = await post('/v1/reset-requests', { login: 'nobody' })
  await sparekey.sql`update reset_requests set status = 'failed', ended_at = now() where id = ${failed}`
  const { body: deliveries } = await sparekey.call('GET', `/v1/webhooks/${endpoint}/deliveries`, key)
  const hook = { id: endpoint, deliveryId: deliveries.items[0].id }
  const person = await account()
  const listed = await post('/v1/suppressions', { address: 'listed@example.com' })
  const spare = await post(`/v1/applications/${own.id}/keys`, { kind: 'secret' }, { key: sparekey.adminKey })
  const queue = { name: 'housekeeping' }

  /** What each is called with, in an order in which it finds what it needs. */
  const calls: Record<string, { params?: Record<string, string>; body?: unknown }> = {
    createApplication: { body: { name: 'New' } },
    updateApplication: { params: { id: own.id }, body: { name: 'Other' } },
    rotateDirectorySecret: { params: { id: own.id } },
    deleteApplication: { params: { id: gone.id } },
    createKey: { params: { id: own.id }, body: { kind: 'publishable' } },
    revokeKey: { params: { id: own.id, keyId: spare } },
    sendTestMail: { params: { id: app.id }, body: { to: 'me@example.com' } },
    createAccount: { body: { login: 'b@example.com', email: 'b@example.com' } },
    updateAccount: { params: { id: person }, body: { name: 'Anna' } },
    deleteAccount: { params: { id: person } },
    importAccounts: { body: '{"login": "c", "email": "c@example.com"}' },
    cancelResetRequest: { params: { id: request } },
    resendResetRequest: { params: { id: failed } },
    createSuppression: { body: { address: 'other@example.com' } },
    deleteSuppression: { params: { id: listed } },
    createWebhook: { body: { url: 'https://example.com/y' } },
    updateWebhook: { params: hook, body: { enabled: true } },
    rotateWebhookSecret: { params: hook },
    replayWebhookDelivery: { params: hook },
    deleteWebhook: { params: hook },
    pauseQueue: { params: queue },
    resumeQueue: { params: queue },
    retryJobs: { params: queue, body: {} },
  }
  const changing = operations.filter(
    operation =>
      operation.method !== 'GET' &&
      // A vendor’s calls are a person’s steps, too.
      !operation.path.startsWith('/compat/') &&
      ['secretKey', 'adminKey', 'operatorSession'].some(kind => operation.keys.includes(kind)),
  )
  expect(changing.map(({ id }) => id).sort()).toEqual(
    [...Object.keys(calls), ...Object.keys(unaudited)].sort(),
  )
  for (const [id, { params = {}, body }] of Object.entries(calls)) {
    const operation = operations.find(each => each.id === id) as Operation
    const path = operation.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => params[name] ?? '')
    const query = operation.parameters.some(({ name }) => name === 'applicationId')
      ? `?applicationId=${app.id}`
      : ''
    const answer = await sparekey.call(operation.method, path + query, {
      key: operation.keys.includes('adminKey') ? sparekey.adminKey : app.secret,
      ...(body === undefined ? {} : { body }),
      ...(operation.body ? { headers: { 'content-type': operation.body.type } } : {}),
    })
    expect([id, answer.status < 400]).toEqual([id, true])
    const made = id === 'createApplication' ? answer.body.id : app.id
    const whose = params.id?.startsWith('app_') ? params.id : made
    // Queues are everybody's.
    const only = params === queue ? '' : `&applicationId=${whose}`
    const [newest] = (await admin('GET', `/v1/audit?limit=1${only}`)).body.items
    expect([id, newest?.requestId]).toEqual([id, answer.headers.get('x-request-id')])
  }
})
