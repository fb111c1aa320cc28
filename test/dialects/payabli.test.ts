import { PayabliClient, PayabliError } from '@payabli/sdk-node'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Sparekey, startSparekey, tokenOf } from '../support/sparekey.ts'
import { newest, person, told, verify } from './support/people.ts'

const password = 'violet kayak hums at dawn'
let sparekey: Sparekey
let app: Awaited<ReturnType<Sparekey['application']>>
let baseUrl: string

beforeAll(async () => {
  sparekey = await startSparekey({ backend: 'redis' })
  app = await sparekey.application()
  baseUrl = `${sparekey.url}/compat/payabli/api`
})
afterAll(() => sparekey?.close())

/** The vendor's own client; only its base URL and its key are ours. */
const client = (apiKey = app.secret) => new PayabliClient({ apiKey, baseUrl })
const once = { maxRetries: 0 }

async function refusal(call: PromiseLike<unknown>): Promise<PayabliError> {
  return await Promise.resolve(call).then(
    () => Promise.reject(new Error('was not refused')),
    error => (error instanceof PayabliError ? error : Promise.reject(error)),
  )
}

const shape = (code: number) => ({
  isSuccess: false,
  responseCode: code,
  responseText: expect.any(String),
  responseData: { explanation: expect.any(String), todoAction: expect.any(String) },
})

test('the vendor’s client resets a password; the token works once', async () => {
  const login = await person(sparekey, app.secret)
  const asked = await client().user.authResetUser({ email: login, entry: '8cfec2e0fa', entryType: 2 })
  expect(asked).toEqual({ isSuccess: true, responseText: 'Success' })
  const token = tokenOf(await sparekey.mail(login))

  const weak = await refusal(client(token).user.changePswUser({ psw: 'short' }, once))
  expect(weak).toMatchObject({ statusCode: 400, body: shape(400) })
  expect(await client(token).user.changePswUser({ psw: password })).toEqual({
    isSuccess: true,
    responseText: 'Success',
  })
  expect(await verify(sparekey, app.secret, login, password)).toBe(true)
  expect((await sparekey.mail(login, 1)).subject).toMatch(/password was changed/)

  const again = await refusal(client(token).user.changePswUser({ psw: password }, once))
  expect(again).toMatchObject({ statusCode: 401, body: shape(401) })
  expect(await newest(sparekey, app.secret, login)).toMatchObject({ dialect: 'payabli', status: 'used' })
})

test('a token that works is no way to ask without end', async () => {
  const login = await person(sparekey, app.secret)
  await client().user.authResetUser({ email: login, entry: '8cfec2e0fa', entryType: 2 })
  const token = tokenOf(await sparekey.mail(login))
  const tries = Array.from({ length: 21 }, () =>
    refusal(client(token).user.changePswUser({ psw: 'short' }, once)),
  )
  const refused = (await Promise.all(tries)).map(({ statusCode }) => statusCode).sort()
  expect(refused).toEqual([...Array(20).fill(400), 429])
})

test('known and unknown users get the same bytes, and the unknown one no mail', async () => {
  const login = await person(sparekey, app.secret)
  const ask = async (email: string) =>
    await told(
      await fetch(`${baseUrl}/User/authreset`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', requestToken: app.secret },
        body: JSON.stringify({ email }),
      }),
    )
  expect(await ask('nobody@example.com')).toEqual(await ask(login))
  await sparekey.mail(login)
  expect(sparekey.mails('nobody@example.com')).toEqual([])
})

test('an empty call succeeds and does nothing', async () => {
  const quiet = await sparekey.application()
  expect(await client(quiet.secret).user.authResetUser()).toEqual({
    isSuccess: true,
    responseText: 'Success',
  })
  const { body } = await sparekey.call('GET', '/v1/reset-requests', { key: quiet.secret })
  expect(body.items).toEqual([])
})

test('what the client repeats by itself sends no second mail', async () => {
  const login = await person(sparekey, app.secret)
  let calls = 0
  // The first answer gets lost behind a proxy that says 502, after our side has taken the request.
  const real = globalThis.fetch
  globalThis.fetch = async (...asked) => {
    const answer = await real(...asked)
    return ++calls === 1 ? new Response('bad gateway', { status: 502 }) : answer
  }
  try {
    await client().user.authResetUser({ email: login })
  } finally {
    globalThis.fetch = real
  }
  expect(calls).toBeGreaterThan(1)
  await sparekey.mail(login)
  const { body } = await sparekey.call('GET', `/v1/reset-requests?login=${login}`, { key: app.secret })
  await Promise.all(
    body.items.map(({ id }: { id: string }) => sparekey.status(id, app.secret, 'sent', 'ignored')),
  )
  expect(sparekey.mails(login)).toHaveLength(1)
})

test.each([
  ['an email that is none', { email: 'no address' }, 400],
  ['an email over 320 characters', { email: `${'a'.repeat(320)}@example.com` }, 400],
  ['an entry without its type', { email: 'a@example.com', entry: 'x' }, 400],
  ['an unknown type of entry', { email: 'a@example.com', entry: 'x', entryType: 1 }, 400],
  ['an oversized entry', { entry: 'x'.repeat(100_000), entryType: 0 }, 400],
])('%s is refused in the vendor’s shape', async (_what, body, status) => {
  const error = await refusal(client().user.authResetUser(body, once))
  expect(error).toMatchObject({ statusCode: status, body: shape(status) })
})

test('a wrong key and a wrong token are 401; broken JSON 400; an unknown call 404', async () => {
  const wrong = `sk_${'a'.repeat(43)}`
  expect(await refusal(client(wrong).user.authResetUser({ email: 'a@example.com' }, once))).toMatchObject({
    statusCode: 401,
    body: shape(401),
  })
  expect(await refusal(client(wrong).user.changePswUser({ psw: password }, once))).toMatchObject({
    statusCode: 401,
    body: shape(401),
  })
  for (const [method, path, body, status] of [
    ['POST', '/User/authreset', '{', 400],
    ['POST', '/User/nothing', '{}', 404],
    ['DELETE', '/User/authreset', '{}', 405],
  ] as const) {
    const answer = await fetch(baseUrl + path, {
      method,
      headers: { 'content-type': 'application/json', requestToken: app.secret },
      body,
    })
    expect(answer.status).toBe(status)
    expect(await answer.json()).toEqual(shape(status))
  }
})

test('an application that does not speak the dialect is answered as an unknown key is, its tokens too', async () => {
  const silent = await sparekey.application({ dialects: ['akinon'] })
  const login = await person(sparekey, silent.secret)
  expect(await refusal(client(silent.secret).user.authResetUser({ email: login }, once))).toMatchObject({
    statusCode: 401,
    body: shape(401),
  })
  await sparekey.call('POST', '/v1/reset-requests', { key: silent.secret, body: { login } })
  const token = tokenOf(await sparekey.mail(login))
  expect(await refusal(client(token).user.changePswUser({ psw: password }, once))).toMatchObject({
    statusCode: 401,
  })
  expect((await sparekey.call('POST', '/v1/reset-tokens/peek', { body: { token } })).status).toBe(200)
})
