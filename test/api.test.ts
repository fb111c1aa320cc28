import { pbkdf2Sync, randomBytes, scryptSync } from 'node:crypto'
import { once } from 'node:events'
import { request } from 'node:http'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { type Sparekey, startSparekey } from './support/sparekey.ts'

let sparekey: Sparekey
let app: Awaited<ReturnType<Sparekey['application']>>

beforeAll(async () => {
  sparekey = await startSparekey({ backend: 'redis' })
  app = await sparekey.application({ redirectOrigins: ['https://app.example.com'] })
})
afterAll(() => sparekey?.close())

const ask = (body: unknown, headers = {}, key = app.publishable) =>
  sparekey.call('POST', '/v1/reset-requests', { key, body, headers })
const verify = async (login: string, password: string) =>
  (await sparekey.call('POST', '/v1/accounts/verify', { key: app.secret, body: { login, password } })).body
    .valid

describe('accounts', () => {
  const unpadded = (bytes: Buffer) => bytes.toString('base64').replace(/=+$/, '')
  const salt = randomBytes(16)
  const hashes = {
    scrypt: `$scrypt$ln=14,r=8,p=1$${unpadded(salt)}$${unpadded(scryptSync('old secret', salt, 32, { N: 2 ** 14, r: 8, p: 1, maxmem: 2 ** 26 }))}`,
    pbkdf2: `$pbkdf2-sha256$i=1000$${unpadded(salt)}$${unpadded(pbkdf2Sync('old secret', salt, 1000, 32, 'sha256'))}`,
    // Of "old secret"; made with bcryptjs, cost 4.
    bcrypt: '',
  }

  beforeAll(async () => {
    const { hash } = await import('bcryptjs')
    hashes.bcrypt = await hash('old secret', 4)
    const lines = Object.entries(hashes).map(([kind, passwordHash]) =>
      JSON.stringify({ login: `${kind}@example.com`, email: `${kind}@example.com`, passwordHash }),
    )
    const answer = await sparekey.call('POST', '/v1/accounts/import', {
      key: app.secret,
      body: [...lines, '{"login":"bad"}'].join('\n'),
      headers: { 'content-type': 'application/x-ndjson' },
    })
    expect(answer).toMatchObject({ status: 200, body: { imported: 3, skipped: 0, errors: [{ line: 4 }] } })
  })

  test.each(Object.keys(hashes))(
    'an imported %s hash verifies, and is argon2id after the first success',
    async kind => {
      const login = `${kind}@example.com`
      expect(await verify(login, 'wrong secret')).toBe(false)
      const hash = async () =>
        (await sparekey.sql`select password_hash from accounts where login = ${login}`)[0]?.password_hash
      expect(await hash()).not.toMatch(/^\$argon2id\$/)
      expect(await verify(login, 'old secret')).toBe(true)
      expect(await hash()).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
      expect(await verify(login, 'old secret')).toBe(true)
    },
  )

  test('never show their hash, and an unknown one verifies as false', async () => {
    const { body } = await sparekey.call('GET', '/v1/accounts?login=scrypt@example.com', { key: app.secret })
    expect(body.items).toHaveLength(1)
    expect(JSON.stringify(body)).not.toMatch(/hash|\$argon2|\$scrypt/i)
    expect(await verify('nobody@example.com', 'old secret')).toBe(false)
  })

  test('a login that is taken, an address that is none and a weak password are refused', async () => {
    const make = (body: object) => sparekey.call('POST', '/v1/accounts', { key: app.secret, body })
    expect(await make({ login: 'SCRYPT@example.com', email: 'x@example.com' })).toMatchObject({
      status: 400,
      body: { errors: [{ path: 'login' }] },
    })
    expect((await make({ login: 'x', email: 'x@example.com\r\nBcc: y@example.com' })).status).toBe(400)
    expect(await make({ login: 'x', email: 'x@example.com', password: 'password1' })).toMatchObject({
      status: 422,
      body: { code: 'password_refused' },
    })
  })
})

test('of parallel changes to one login or one slug one gets it, and the others are told', async () => {
  const people = await Promise.all(
    ['one', 'two', 'three'].map(async name => {
      const body = { login: `${name}@example.com`, email: `${name}@example.com` }
      return (await sparekey.call('POST', '/v1/accounts', { key: app.secret, body })).body.id
    }),
  )
  const logins = await Promise.all(
    people.map(id =>
      sparekey.call('PATCH', `/v1/accounts/${id}`, { key: app.secret, body: { login: 'wanted' } }),
    ),
  )
  expect(logins.map(({ status }) => status).sort()).toEqual([200, 400, 400])
  const apps = await Promise.all([1, 2, 3].map(() => sparekey.application()))
  const slugs = await Promise.all(
    apps.map(({ id }) =>
      sparekey.call('PATCH', `/v1/applications/${id}`, {
        key: sparekey.adminKey,
        body: { slug: 'wanted' },
      }),
    ),
  )
  expect(slugs.map(({ status }) => status).sort()).toEqual([200, 400, 400])
})

test('an alias and a slug never name two applications, and a GUID is one name in all its forms', async () => {
  const guid = '7F9619FF-8B86-D011-B42D-00CF4FC964FF'
  const one = await sparekey.application({
    slug: 'named-one',
    aliases: ['Shared Name', guid.replaceAll('-', '')],
  })
  const patch = (id: string, body: object) =>
    sparekey.call('PATCH', `/v1/applications/${id}`, { key: sparekey.adminKey, body })
  const { body } = await sparekey.call('GET', `/v1/applications/${one.id}`, { key: sparekey.adminKey })
  expect(body.aliases).toEqual([guid.toLowerCase(), 'shared name'])
  const two = await sparekey.application({ slug: 'named-two' })
  expect((await patch(two.id, { aliases: ['named-one'] })).status).toBe(400)
  expect((await patch(two.id, { aliases: [`{${guid}}`] })).status).toBe(400)
  const taken = await sparekey.application({ aliases: ['prod-app'] })
  expect((await sparekey.application({ name: 'Prod App' })).slug).not.toBe('prod-app')
  expect((await patch(two.id, { slug: 'prod-app' })).status).toBe(400)
  expect((await patch(taken.id, { slug: 'prod-app' })).status).toBe(200)
})

test('calls beyond what one key may make in a minute get 429, whatever they ask', async () => {
  const small = await sparekey.application({ limits: { perKeyMinute: 2 } })
  const read = () => sparekey.call('GET', '/v1/accounts', { key: small.secret })
  expect([(await read()).status, (await read()).status]).toEqual([200, 200])
  expect(await read()).toMatchObject({ status: 429, body: { code: 'rate_limited' } })
})

describe('errors are problem+json with a closed code', () => {
  test.each([
    ['broken JSON', '{', {}, 400, 'malformed_json'],
    ['an unknown key', { login: 'a', more: 1 }, {}, 400, 'invalid_request'],
    ['a login that is no text', { login: ['a'] }, {}, 400, 'invalid_request'],
    ['another content type', { login: 'a' }, { 'content-type': 'text/plain' }, 415, 'unsupported_media_type'],
    ['a body of 100 kB', { login: 'a'.repeat(100_000) }, {}, 413, 'body_too_large'],
    ['a redirect elsewhere', { login: 'a', redirectUrl: 'https://evil.test/' }, {}, 400, 'invalid_request'],
    [
      'a recipient by a publishable key',
      { login: 'a', recipient: { id: '1', email: 'a@b.test' } },
      {},
      403,
      'forbidden',
    ],
    ['an origin that is not allowed', { login: 'a' }, { origin: 'https://evil.test' }, 403, 'forbidden'],
  ])('%s', async (_what, body, headers, status, code) => {
    const answer = await ask(body, headers)
    expect(answer).toMatchObject({ status, body: { code, status } })
    expect(answer.headers.get('content-type')).toContain('application/problem+json')
  })

  test.each([
    ['no key', 'POST', '/v1/reset-requests', undefined, 401, 'unauthenticated'],
    ['a made-up key', 'POST', '/v1/reset-requests', `sk_${'a'.repeat(43)}`, 401, 'unauthenticated'],
    ['an unknown path', 'GET', '/v1/nothing', undefined, 404, 'not_found'],
    ['a method that is not there', 'DELETE', '/v1/reset-requests', undefined, 405, 'method_not_allowed'],
  ])('%s', async (_what, method, path, key, status, code) => {
    const answer = await sparekey.call(method, path, { ...(key ? { key } : {}), body: { login: 'a' } })
    expect(answer).toMatchObject({ status, body: { code } })
  })

  test('a secret key that comes with an Origin, and a publishable one where a secret is asked for', async () => {
    expect((await ask({ login: 'a' }, { origin: 'https://app.example.com' }, app.secret)).status).toBe(403)
    expect((await sparekey.call('GET', '/v1/reset-requests', { key: app.publishable })).status).toBe(403)
  })
})

test('past its limit an address gets 429 with the time to wait; forged forwarding headers do not help', async () => {
  const small = await sparekey.application({ name: 'Small', limits: { perAddressMinute: 3 } })
  const statuses: number[] = []
  for (let i = 0; i < 5; i++) {
    const answer = await ask(
      { login: 'x@example.com' },
      { 'x-forwarded-for': `203.0.113.${i}` },
      small.publishable,
    )
    statuses.push(answer.status)
    if (answer.status === 429) {
      expect(answer.body.code).toBe('rate_limited')
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0)
    }
  }
  expect(statuses).toEqual([202, 202, 202, 429, 429])
})

test('a revoked key stops working within a second', async () => {
  const { body: key } = await sparekey.call('POST', `/v1/applications/${app.id}/keys`, {
    key: sparekey.adminKey,
    body: { kind: 'publishable' },
  })
  expect((await ask({ login: 'x@example.com' }, {}, key.key)).status).toBe(202)
  await sparekey.call('DELETE', `/v1/applications/${app.id}/keys/${key.id}`, { key: sparekey.adminKey })
  await expect
    .poll(async () => (await ask({ login: 'x@example.com' }, {}, key.key)).status, { timeout: 3000 })
    .toBe(401)
})

test('lists are paged by cursor, newest first, without gap or double', async () => {
  const own = await sparekey.application({ name: 'Pages', limits: { perAddressMinute: 1000 } })
  const ids: string[] = []
  for (let i = 0; i < 7; i++) ids.push((await ask({ login: `p${i}` }, {}, own.publishable)).body.id)
  const seen: string[] = []
  let cursor: string | null = ''
  while (cursor !== null) {
    const path = `/v1/reset-requests?limit=3${cursor && `&cursor=${cursor}`}`
    const { body } = await sparekey.call('GET', path, { key: own.secret })
    seen.push(...body.items.map(({ id }: { id: string }) => id))
    cursor = body.nextCursor
  }
  expect(seen).toEqual(ids.reverse())
  expect((await sparekey.call('GET', '/v1/reset-requests?cursor=nonsense', { key: own.secret })).status).toBe(
    400,
  )
})

test('the OpenAPI document is 3.1, and its reference asks nobody else', async () => {
  const { body } = await sparekey.call('GET', '/openapi.json')
  expect(body.openapi).toMatch(/^3\.1/)
  expect(Object.keys(body.paths)).toEqual(
    expect.arrayContaining([
      '/v1/reset-requests',
      '/v1/reset-requests/{id}',
      '/v1/password-resets',
      '/v1/accounts/import',
    ]),
  )
  const docs = await sparekey.call('GET', '/docs')
  expect(docs.status).toBe(200)
  expect(docs.body).not.toMatch(/(src|href)="https?:/)
})

test('figures for Prometheus count answers and jobs, and hold no id', async () => {
  await ask({ login: 'x@example.com' })
  const { status, body, headers } = await sparekey.call('GET', '/metrics')
  expect(status).toBe(200)
  expect(headers.get('content-type')).toContain('text/plain')
  expect(body).toMatch(
    /^sparekey_http_requests_total\{dialect="sparekey",method="POST",status="202"\} [1-9]/m,
  )
  expect(body).toMatch(/^sparekey_queue_jobs\{queue="mail",state="waiting"\} \d/m)
  expect(body).not.toMatch(/(app|req|key|acc|mail)_[0-9a-z]{26}/)
})

test('what ended long ago is deleted, with its mails', async () => {
  const own = await sparekey.application({ name: 'Old' })
  const { body } = await ask({ login: 'gone@example.com' }, {}, own.publishable)
  await sparekey.status(body.id, own.secret, 'ignored')
  await sparekey.sql`update reset_requests set ended_at = now() - interval '31 days' where id = ${body.id}`
  const { purge } = await import('@sparekey/reset/housekeeping/purge')
  const { openDb } = await import('@sparekey/db/db')
  const { db, close } = openDb(sparekey.databaseUrl)
  await purge({ db, queues: { add: async () => {} }, secrets: [], log: { info() {}, warn() {} } }, 30)
  await close()
  expect((await sparekey.call('GET', `/v1/reset-requests/${body.id}`, { key: own.secret })).status).toBe(404)
})

test('a call that runs when the API is told to end has SHUTDOWN_GRACE to do so', async () => {
  const ending = await startSparekey({ worker: false, env: { SHUTDOWN_GRACE: '10' } })
  const { publishable } = await ending.application()
  const body = JSON.stringify({ login: 'slow@example.com' })
  const call = request(`${ending.url}/v1/reset-requests`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${publishable}`,
      'content-type': 'application/json',
      'content-length': body.length,
      expect: '100-continue',
    },
  })
  call.flushHeaders()
  // Now the API has the call, and waits for its body.
  await once(call, 'continue')
  const answered = once(call, 'response').then(
    ([answer]) => answer.resume().statusCode,
    error => error.code,
  )
  vi.useFakeTimers({ toFake: ['setTimeout'] })
  const closed = ending.close()
  await new Promise(setImmediate)
  await vi.advanceTimersByTimeAsync(9_900).finally(() => vi.useRealTimers())
  call.end(body)
  expect(await answered).toBe(202)
  await closed
})
