import { OpenAPIClientAxios } from 'openapi-client-axios'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Json, type Sparekey, startSparekey, tokenOf } from '../support/sparekey.ts'
import { description } from './support/akinon.ts'
import { newest, person, told, verify } from './support/people.ts'

const password = 'violet kayak hums at dawn'
let sparekey: Sparekey
let app: Awaited<ReturnType<Sparekey['application']>>
let base: string

beforeAll(async () => {
  sparekey = await startSparekey({ backend: 'redis' })
  app = await sparekey.application()
  base = `${sparekey.url}/compat/akinon/api/v1`
})
afterAll(() => sparekey?.close())

/** A client made from the vendor's description; only its base URL and its key are ours. */
async function vendorClient(key = app.secret) {
  const api = new OpenAPIClientAxios({
    definition: description,
    axiosConfigDefaults: {
      baseURL: base,
      headers: { Authorization: `Bearer ${key}` },
      validateStatus: () => true,
    },
  })
  await api.init()
  return (username: string) =>
    api.client.request<string>(
      api.getAxiosConfigForOperation('generateResetToken', [undefined, { username }]),
    )
}

const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
  fetch(`${base}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${app.secret}`, ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })

test('a client made from the vendor’s description resets a password; the token works once', async () => {
  const login = await person(sparekey, app.secret)
  const answer = await (await vendorClient())(login)
  expect(answer).toMatchObject({ status: 201, data: '' })
  const token = tokenOf(await sparekey.mail(login))

  expect((await post('/auth/reset-password', { token, password: 'short' })).status).toBe(400)
  expect((await post('/auth/reset-password', { token, password })).status).toBe(200)
  expect(await verify(sparekey, app.secret, login, password)).toBe(true)
  expect((await sparekey.mail(login, 1)).subject).toMatch(/password was changed/)

  const again = await post('/auth/reset-password', { token, password })
  expect(again.status).toBe(400)
  expect(Object.keys(((await again.json()) as Json).validationError)).toEqual(['token'])

  const request = await newest(sparekey, app.secret, login)
  expect(request).toMatchObject({ dialect: 'akinon', status: 'used' })
  expect(request.timeline[0]).toMatchObject({ type: 'accepted', detail: 'akinon' })
})

test('known and unknown users get the same bytes, and the unknown one no mail', async () => {
  const login = await person(sparekey, app.secret)
  const known = await told(await post('/auth/generate-reset-token', { username: login }))
  expect(await told(await post('/auth/generate-reset-token', { username: 'nobody@example.com' }))).toEqual(
    known,
  )
  await sparekey.mail(login)
  expect((await newest(sparekey, app.secret, 'nobody@example.com')).status).toMatch(/accepted|ignored/)
  expect(sparekey.mails('nobody@example.com')).toEqual([])
})

test('the key may come as x-access-token; none and a wrong one are 401', async () => {
  const ask = (headers: Record<string, string>) =>
    fetch(`${base}/auth/generate-reset-token`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: '{"username":"nobody@example.com"}',
    })
  expect((await ask({ 'x-access-token': app.publishable })).status).toBe(201)
  const wrong = { 'x-access-token': `sk_${'a'.repeat(43)}` }
  for (const headers of [{}, wrong, { authorization: `Bearer ${sparekey.adminKey}` }] as Record<
    string,
    string
  >[]) {
    const answer = await ask(headers)
    expect(answer.status).toBe(401)
    expect(await answer.json()).toEqual({ validationError: { authorization: expect.any(String) } })
  }
})

test.each([
  ['broken JSON', '{', 'body'],
  ['a missing field', {}, 'username'],
  ['a wrong type', { username: ['a'] }, 'username'],
  ['an oversized body', { username: 'a'.repeat(100_000) }, 'body'],
  ['a null', 'null', 'body'],
])('%s is 400 with a validationError', async (_what, body, field) => {
  const answer = await post('/auth/generate-reset-token', body)
  expect(answer.status).toBe(400)
  expect(answer.headers.get('content-type')).toBe('application/json')
  expect(await answer.json()).toEqual({ validationError: { [field]: expect.any(String) } })
})

test('an unknown call and an unknown method are refused in the vendor’s shape', async () => {
  for (const [method, path, status] of [
    ['POST', '/auth/nothing', 404],
    ['GET', '/auth/generate-reset-token', 405],
  ] as const) {
    const answer = await fetch(base + path, { method })
    expect(answer.status).toBe(status)
    expect(await answer.json()).toEqual({ validationError: { request: expect.any(String) } })
  }
})

test('an application that does not speak the dialect is answered as an unknown key is', async () => {
  const silent = await sparekey.application({ dialects: ['payabli'] })
  const body = { username: 'nobody@example.com' }
  const unknown = { authorization: `Bearer sk_${'a'.repeat(43)}` }
  const answer = await told(
    await post('/auth/generate-reset-token', body, { authorization: `Bearer ${silent.secret}` }),
  )
  expect(answer).toEqual(await told(await post('/auth/generate-reset-token', body, unknown)))
  expect(answer.status).toBe(401)
})
