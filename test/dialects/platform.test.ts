import { JsonServiceClient } from '@servicestack/client'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Json, linkOf, type Sparekey, startSparekey, tokenOf } from '../support/sparekey.ts'
import { newest, person, told, verify } from './support/people.ts'
import { GetResetPasswordToken, PasswordReset } from './support/platform.ts'

const password = 'violet kayak hums at dawn'
const signIn = 'https://app.example.com/sign-in'
let sparekey: Sparekey
let app: Awaited<ReturnType<Sparekey['application']>>
let base: string

beforeAll(async () => {
  sparekey = await startSparekey({ backend: 'redis' })
  app = await sparekey.application({
    redirectOrigins: ['https://app.example.com'],
    limits: { perAddressMinute: 6000 },
  })
  base = `${sparekey.url}/compat/platform`
})
afterAll(() => sparekey?.close())

const clients: [string, () => JsonServiceClient][] = [
  ['its default paths', () => new JsonServiceClient(base)],
  ['the reply paths', () => new JsonServiceClient(`${base}/api`).useBasePath('')],
]
const client = () => new JsonServiceClient(base)
const SubdomainName = 'acme'

/** What the vendor's client throws. */
const thrown = (call: Promise<unknown>): Promise<Json> =>
  call.then(
    () => expect.fail('nothing was thrown'),
    error => error,
  )

async function mailed(): Promise<{ login: string; token: string }> {
  const login = await person(sparekey, app.secret)
  await client().send(new GetResetPasswordToken({ UserName: login, SubdomainName }))
  return { login, token: tokenOf(await sparekey.mail(login)) }
}
const reset = (init: Partial<PasswordReset>) =>
  client().send(
    new PasswordReset({ NewPassword: password, ConfirmPassword: password, SubdomainName, ...init }),
  )
const passwordless = (login: string) => verify(sparekey, app.secret, login, password)

describe.each(clients)('the vendor’s client with %s', (_which, create) => {
  test('resets a password by the mailed token, and sees a replay refused in its own shape', async () => {
    const login = await person(sparekey, app.secret)
    expect(await create().send(new GetResetPasswordToken({ UserName: login, SubdomainName }))).toEqual({})
    const mail = await sparekey.mail(login)
    expect(linkOf(mail)).toBe(`${sparekey.url}/reset/acme#${tokenOf(mail)}`)
    const dto = new PasswordReset({
      NewPassword: password,
      ConfirmPassword: password,
      Token: tokenOf(mail),
      SubdomainName,
    })
    expect(await create().send(dto)).toEqual({})
    expect(await passwordless(login)).toBe(true)
    expect((await sparekey.mail(login, 1)).subject).toMatch(/password was changed/)
    expect(await newest(sparekey, app.secret, login)).toMatchObject({ dialect: 'platform', status: 'used' })

    const { responseStatus } = await thrown(create().send(dto))
    expect(responseStatus).toMatchObject({ errorCode: 'ArgumentException', message: expect.any(String) })
    expect(responseStatus.errors).toMatchObject([{ fieldName: 'Token', errorCode: 'ArgumentException' }])
    const result = await create().api(dto)
    expect([result.failed, result.errorCode, result.hasFieldError('token')]).toEqual([
      true,
      'ArgumentException',
      true,
    ])
  })

  test('gets the same answer for a user that nobody is, who gets no mail', async () => {
    const UserName = `nobody${_which.length}@example.com`
    expect(await create().send(new GetResetPasswordToken({ UserName, SubdomainName }))).toEqual({})
    const { id } = await newest(sparekey, app.secret, UserName)
    expect((await sparekey.status(id, app.secret, 'ignored')).reason).toBe('no_account')
    expect(sparekey.mails(UserName)).toEqual([])
  })
})

const ask = (login: string, init: RequestInit = {}, query = `SubdomainName=acme`) =>
  fetch(`${base}/api/account/${encodeURIComponent(login)}/passwordresettoken?${query}`, init)

test('known and unknown users get the same bytes in JSON and XML', async () => {
  for (const accept of ['application/json', 'application/xml']) {
    const known = await told(await ask(await person(sparekey, app.secret), { headers: { accept } }))
    expect(known).toMatchObject({ status: 200 })
    expect(await told(await ask('no-such-person@example.com', { headers: { accept } }))).toEqual(known)
  }
})

test('after success the hosted page leads to ApplianceLoginUrl; one of another origin is refused', async () => {
  const login = await person(sparekey, app.secret)
  const error = await thrown(
    client().send(
      new GetResetPasswordToken({ UserName: login, SubdomainName, ApplianceLoginUrl: 'https://evil.test/' }),
    ),
  )
  expect(error.responseStatus.errors).toMatchObject([{ fieldName: 'ApplianceLoginUrl' }])
  await client().send(
    new GetResetPasswordToken({ UserName: login, SubdomainName, ApplianceLoginUrl: signIn }),
  )
  const token = tokenOf(await sparekey.mail(login))
  expect(sparekey.mails(login)).toHaveLength(1)
  const done = await sparekey.call('POST', '/v1/password-resets', { body: { token, password } })
  expect(done.body.redirectUrl).toBe(signIn)
})

test.each(['GET', 'POST', 'PUT', 'PATCH', 'DELETE'])(
  '%s asks for a mail and sets a password',
  async method => {
    const login = await person(sparekey, app.secret)
    expect((await ask(login, { method })).status).toBe(200)
    const query = new URLSearchParams({
      NewPassword: password,
      ConfirmPassword: password,
      Token: tokenOf(await sparekey.mail(login)),
      SubdomainName,
    })
    const answer = await fetch(`${base}/api/account/passwordreset?${query}`, { method })
    expect([answer.status, await answer.text()]).toEqual([200, '{}'])
    expect(await passwordless(login)).toBe(true)
  },
)

test('the vendor’s client may use any verb: GET and DELETE put the members into the query', async () => {
  for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']) {
    const UserName = `${method}+tag@example.com`
    const dto = new GetResetPasswordToken({ UserName, SubdomainName })
    expect(await client().fetch(method, dto)).toEqual({})
    expect((await newest(sparekey, app.secret, UserName)).dialect).toBe('platform')
  }
})

test('HEAD and OPTIONS change nothing, and other verbs are refused', async () => {
  const login = await person(sparekey, app.secret)
  const head = await ask(login, { method: 'HEAD' })
  expect([head.status, await head.text()]).toEqual([200, ''])
  const options = await ask(login, { method: 'OPTIONS' })
  expect([options.status, await options.text()]).toEqual([204, ''])
  const other = await ask(login, { method: 'PROPFIND' })
  expect([other.status, await other.json()]).toMatchObject([
    405,
    { ResponseStatus: { ErrorCode: 'MethodNotAllowed' } },
  ])
  for (const { headers } of [options, other])
    expect(headers.get('allow')).toBe('GET, POST, PUT, PATCH, DELETE, HEAD, OPTIONS')
  expect(await sparekey.sql`select 1 from reset_requests where login = ${login}`).toHaveLength(0)
})

test('a wrong token, passwords that differ and a refused password leave the mailed token as it was', async () => {
  const { login, token } = await mailed()
  const [unknown, differing, short] = await Promise.all([
    thrown(reset({ Token: 'a'.repeat(43) })),
    thrown(reset({ Token: token, ConfirmPassword: `${password}!` })),
    thrown(reset({ Token: token, NewPassword: 'short', ConfirmPassword: 'short' })),
  ])
  expect(unknown.responseStatus).toMatchObject({ errorCode: 'ArgumentException' })
  expect(differing.responseStatus).toMatchObject({
    errorCode: 'ValidationException',
    errors: [{ fieldName: 'ConfirmPassword' }],
  })
  expect(short.responseStatus).toMatchObject({
    errorCode: 'ValidationException',
    message: expect.stringMatching(/^The password is too short\./),
  })
  expect(short.responseStatus.errors[0]).toMatchObject({
    fieldName: 'NewPassword',
    message: 'The password is too short.',
  })
  expect(await reset({ Token: token })).toEqual({})
  expect(await passwordless(login)).toBe(true)
})

test('a token of another tenant is refused', async () => {
  const { token } = await mailed()
  const other = await sparekey.application({ name: 'Other' })
  const { responseStatus } = await thrown(reset({ Token: token, SubdomainName: other.slug }))
  expect(responseStatus.errorCode).toBe('ArgumentException')
  expect(await reset({ Token: token })).toEqual({})
})
