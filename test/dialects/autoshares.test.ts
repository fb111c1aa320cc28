import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Json, type Sparekey, startSparekey } from '../support/sparekey.ts'
import { newest, person, told, verify } from './support/people.ts'

const password = 'violet kayak hums at dawn'
const guid = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/
let sparekey: Sparekey
let app: Awaited<ReturnType<Sparekey['application']>>
let base: string

beforeAll(async () => {
  sparekey = await startSparekey({ backend: 'redis' })
  app = await sparekey.application()
  base = `${sparekey.url}/compat/autoshares/api/v1.0/users`
})
afterAll(() => sparekey?.close())

async function ask(method: string, path: string, body?: unknown, key: string | null = app.secret) {
  const response = await fetch(base + path, {
    method,
    headers: { 'content-type': 'application/json', ...(key === null ? {} : { 'Et-App-Key': key }) },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  })
  return { status: response.status, body: (await response.json()) as Json }
}
const reset = (User: string, key?: string) => ask('POST', '/password/reset', { User }, key)
const exchange = (Code: string, key?: string) => ask('POST', '/password/reset/code', { Code }, key)
const set = (
  Token: string,
  Password = password,
  PasswordConfirmation = Password,
  path = '/passwords/reset/',
) => ask('PUT', path, { Token, Password, PasswordConfirmation })

/** The code in the mail, which has nothing else to press. */
async function mailedCode(login: string, digits = 6): Promise<string> {
  const { text, html } = await sparekey.mail(login)
  const code = new RegExp(`^ {4}((?:\\d ?){${digits}})$`, 'm').exec(text ?? '')?.[1]?.replaceAll(' ', '')
  if (!code) throw new Error('no code in the mail')
  expect(html).not.toContain('/reset')
  expect(text).not.toContain('http')
  return code
}

const failure = (names: string[] = [expect.any(String) as unknown as string]) => ({
  Errors: names.map(() => expect.any(String)),
  ErrorsCode: names,
  IsSucceed: false,
})

test('a mailed code becomes a token, the token a password; each works once', async () => {
  const login = await person(sparekey, app.secret)
  expect(await reset(login)).toEqual({ status: 200, body: { Errors: [], IsSucceed: true } })
  const question = await ask('GET', `/password/secret-question?username=${login}`)
  expect(question).toEqual({ status: 200, body: { Model: '', Errors: [], IsSucceed: true } })

  const code = await mailedCode(login)
  const exchanged = await exchange(code)
  expect(exchanged).toEqual({
    status: 200,
    body: { Model: expect.stringMatching(guid), Errors: [], IsSucceed: true },
  })
  expect(await exchange(code)).toEqual({ status: 422, body: failure(['InvalidOrExpired']) })

  const token = exchanged.body.Model
  expect(await set(token, password, 'another')).toEqual({ status: 422, body: failure(['PasswordsDiffer']) })
  expect(await set(token, 'short')).toMatchObject({ status: 422, body: { IsSucceed: false } })
  expect(await set(token.toUpperCase())).toEqual({ status: 200, body: { Errors: [], IsSucceed: true } })
  expect(await verify(sparekey, app.secret, login, password)).toBe(true)
  expect((await sparekey.mail(login, 1)).subject).toMatch(/password was changed/)
  expect(await set(token)).toEqual({ status: 422, body: failure(['InvalidOrExpired']) })
  expect(await newest(sparekey, app.secret, login)).toMatchObject({ dialect: 'autoshares', status: 'used' })
})

test('the identifiers call gives the same token with its own members, and the path needs no slash', async () => {
  const login = await person(sparekey, app.secret)
  await reset(login)
  const Code = await mailedCode(login)
  expect((await ask('POST', '/identifiers/reset/code', { Code, Identifier: 'Other' })).status).toBe(400)
  const { status, body } = await ask('POST', '/identifiers/reset/code', { Code, Identifier: 'ResetPassword' })
  expect({ status, body }).toEqual({
    status: 200,
    body: {
      Model: expect.stringMatching(guid),
      Errors: [],
      ErrorsCode: [],
      IsSucceed: true,
      StatusCode: 200,
    },
  })
  expect((await set(body.Model, password, password, '/passwords/reset')).status).toBe(200)
})

test('known and unknown users get the same bytes at each step, and the unknown one no mail', async () => {
  const login = await person(sparekey, app.secret)
  const headers = { 'content-type': 'application/json', 'Et-App-Key': app.secret }
  const post = async (User: string) =>
    await told(
      await fetch(`${base}/password/reset`, { method: 'POST', headers, body: JSON.stringify({ User }) }),
    )
  const question = async (name: string) =>
    await told(await fetch(`${base}/password/secret-question?username=${name}`, { headers }))
  expect(await post('nobody@example.com')).toEqual(await post(login))
  expect(await question('nobody@example.com')).toEqual(await question(login))
  await sparekey.mail(login)
  expect(sparekey.mails('nobody@example.com')).toEqual([])
})

test('a code of one application opens nothing in another, and the application can lengthen it', async () => {
  const long = await sparekey.application({ codeDigits: 10 })
  const login = await person(sparekey, long.secret)
  await reset(login, long.secret)
  const code = await mailedCode(login, 10)
  expect((await exchange(code)).status).toBe(422)
  expect((await exchange(code, long.secret)).status).toBe(200)
})

test('wrong codes trip a breaker for the whole application, and then the right code is refused too', async () => {
  const wary = await sparekey.application({ limits: { wrongCodesHour: 3 } })
  const login = await person(sparekey, wary.secret)
  await reset(login, wary.secret)
  const code = await mailedCode(login)
  const wrong = code === '000000' ? '000001' : '000000'
  const guesses = await Promise.all(Array.from({ length: 12 }, () => exchange(wrong, wary.secret)))
  expect(guesses.filter(({ status }) => status === 422)).toHaveLength(3)
  expect(guesses.filter(({ status }) => status === 429)).toHaveLength(9)
  expect(await exchange(code, wary.secret)).toEqual({ status: 429, body: failure(['TooManyRequests']) })
  const figures = await sparekey.call('GET', '/metrics')
  expect(figures.body).toMatch(/^sparekey_abuse_suspected_total\{what="wrong_codes"\} 1$/m)
})

test('refused guesses are not counted, so a breaker opens again with the next hour', async () => {
  const wary = await sparekey.application({ limits: { wrongCodesHour: 3, wrongCodesDay: 5 } })
  const login = await person(sparekey, wary.secret)
  await reset(login, wary.secret)
  const code = await mailedCode(login)
  const wrong = code === '000000' ? '000001' : '000000'
  for (let i = 0; i < 10; i++) await exchange(wrong, wary.secret)
  await sparekey.sql`update code_guesses set hour = hour - interval '1 hour' where application_id = ${wary.id}`
  expect((await exchange(code, wary.secret)).status).toBe(200)
})

test('a code that was mailed alone is exchanged here and nowhere else', async () => {
  const login = await person(sparekey, app.secret)
  await reset(login)
  const code = await mailedCode(login)
  const { id: requestId } = await newest(sparekey, app.secret, login)
  const elsewhere = await sparekey.call('POST', '/v1/reset-codes/exchange', {
    key: app.secret,
    body: { requestId, code },
  })
  expect(elsewhere.status).toBe(410)
  expect((await exchange(code)).status).toBe(200)
})

test('right codes are no wrong guesses', async () => {
  const calm = await sparekey.application({ limits: { wrongCodesHour: 1 } })
  for (let i = 0; i < 3; i++) {
    const login = await person(sparekey, calm.secret)
    await reset(login, calm.secret)
    expect((await exchange(await mailedCode(login), calm.secret)).status).toBe(200)
  }
})

test('of parallel exchanges of one code exactly one gets a token', async () => {
  const login = await person(sparekey, app.secret)
  await reset(login)
  const code = await mailedCode(login)
  const answers = await Promise.all(Array.from({ length: 8 }, () => exchange(code)))
  expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array(7).fill(422)])
})

test('a missing and a wrong key are 403 in the vendor’s words, and so is an application that is silent here', async () => {
  const silent = await sparekey.application({ dialects: [] })
  const answer = { status: 403, body: { error: 'Application key is not defined or does not exist' } }
  for (const key of [null, 'x', `sk_${'a'.repeat(43)}`, silent.secret]) {
    expect(await ask('POST', '/password/reset', { User: 'a@example.com' }, key)).toEqual(answer)
    expect(await ask('GET', '/password/secret-question', undefined, key)).toEqual(answer)
  }
})

test.each([
  ['broken JSON', 'POST', '/password/reset', '{', 400],
  ['a missing field', 'POST', '/password/reset', {}, 400],
  ['a wrong type', 'POST', '/password/reset', { User: 7 }, 400],
  ['an oversized body', 'POST', '/password/reset', { User: 'a'.repeat(100_000) }, 413],
  ['a code of letters', 'POST', '/password/reset/code', { Code: 'letters' }, 422],
  [
    'an unknown token',
    'PUT',
    '/passwords/reset/',
    { Token: 'x', Password: password, PasswordConfirmation: password },
    422,
  ],
  ['an unknown call', 'POST', '/nothing', {}, 404],
  ['an unknown method', 'DELETE', '/password/reset', undefined, 405],
])('%s is refused in the vendor’s shape', async (_what, method, path, body, status) => {
  expect(await ask(method, path, body)).toEqual({ status, body: failure() })
})
