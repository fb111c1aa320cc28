import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Json, type Sparekey, startSparekey } from '../support/sparekey.ts'
import { newest, told } from './support/people.ts'

const applianceId = '6f9619ff-8b86-d011-b42d-00c04fc964ff'
let sparekey: Sparekey
let app: Awaited<ReturnType<Sparekey['application']>>
let base: string

beforeAll(async () => {
  sparekey = await startSparekey({ backend: 'postgres', worker: false })
  app = await sparekey.application({
    aliases: [applianceId, 'canvara.example.com'],
    limits: { perAddressMinute: 6000 },
  })
  base = `${sparekey.url}/compat/platform`
})
afterAll(() => sparekey?.close())

let logins = 0
const path = (login: string) => `/api/account/${encodeURIComponent(login)}/passwordresettoken`
const post = (path: string, body: unknown = {}, headers: Record<string, string> = {}) =>
  fetch(base + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })
const statusOf = async (answer: Response) => ((await answer.json()) as Json).ResponseStatus
const form = { 'content-type': 'application/x-www-form-urlencoded' }
const asked = (login: string) => newest(sparekey, app.secret, login)
const rows = async (login: string) =>
  (await sparekey.sql`select 1 from reset_requests where login = ${login}`).length

test.each([
  ['/api/account/{}/passwordresettoken?SubdomainName=acme', undefined, {}],
  ['/API/Account/{}/PasswordResetToken/?subdomainNAME=acme', undefined, {}],
  ['/api/account/{}/PASSWORDRESETTOKEN.JSON', { subdomainName: 'acme', UserName: '{}' }, {}],
  ['/api/json/reply/GetResetPasswordToken', { username: '{}', SubdomainName: 'ACME' }, {}],
  ['/api/JSON/Reply/getresetpasswordtoken', { USERNAME: '{}', SubdomainName: 'acme' }, {}],
  ['/api/xml/reply/GetResetPasswordToken.json', { UserName: '{}', SubdomainName: 'acme' }, {}],
  ['/api/GetResetPasswordToken', { UserName: '{}', SubdomainName: 'acme', Version: 2, Tags: ['a'] }, {}],
  ['/api/getresetpasswordtoken.json?UserName={}', 'SubdomainName=acme&Else=1', form],
  ['/api/GetResetPasswordToken', 'UserName={}&SubdomainName=acme', form],
])(
  '%s asks for a mail, whatever its case, with members from wherever they come',
  async (path, body, headers) => {
    const login = `person${++logins}+tag/é@example.com`
    const encoded = encodeURIComponent(login)
    const sent =
      typeof body === 'string'
        ? body.replace('{}', encoded)
        : body && JSON.stringify(body).replace('{}', login)
    const answer = await post(path.replace('{}', encoded), sent, headers)
    expect([answer.status, await answer.text()]).toEqual([200, '{}'])
    expect(await asked(login)).toMatchObject({ dialect: 'platform', login })
  },
)

test.each([
  ['its slug', { SubdomainName: 'Acme' }],
  ['an alias', { SubdomainName: 'canvara.EXAMPLE.com' }],
  ['a GUID', { ApplianceId: applianceId }],
  ['a GUID without hyphens', { ApplianceId: applianceId.replaceAll('-', '').toUpperCase() }],
  ['a GUID in braces', { ApplianceId: `{${applianceId.toUpperCase()}}` }],
  ['both of its names', { SubdomainName: 'acme', ApplianceId: applianceId }],
  ['a name beside an empty GUID', { SubdomainName: 'acme', ApplianceId: '0'.repeat(32), SuiteId: null }],
])('a tenant is found by %s', async (_what, tenant) => {
  const login = `tenant${++logins}@example.com`
  expect((await post(path(login), tenant)).status).toBe(200)
  expect(await rows(login)).toBe(1)
})

test.each([
  ['an unknown name', { SubdomainName: 'nobody' }],
  ['the alias * by name', { SubdomainName: '*' }],
  ['an unknown GUID', { ApplianceId: applianceId.replace('6f', '7f') }],
  ['a name and the GUID of nobody', { SubdomainName: 'acme', ApplianceId: applianceId.replace('6f', '7f') }],
])('%s names no tenant: 404', async (_what, tenant) => {
  const answer = await post(path(`stray${++logins}@example.com`), tenant)
  expect(answer.status).toBe(404)
  expect(await answer.json()).toEqual({
    ResponseStatus: { ErrorCode: 'NotFound', Message: expect.any(String), Errors: [] },
  })
})

test('a call that names no tenant belongs to the application with the alias *, and else is 400', async () => {
  const before = await post(path('star@example.com'))
  expect(before.status).toBe(400)
  expect((await statusOf(before)).Errors).toMatchObject([{ FieldName: 'SubdomainName' }])
  const star = await sparekey.application({ name: 'Star', aliases: ['*'] })
  expect((await post(path('star@example.com'))).status).toBe(200)
  expect((await newest(sparekey, star.secret, 'star@example.com')).dialect).toBe('platform')
  await sparekey.call('DELETE', `/v1/applications/${star.id}`, { key: sparekey.adminKey })
})

test('an application that does not speak the dialect is answered as one that is not there', async () => {
  const silent = await sparekey.application({ name: 'Silent', dialects: [] })
  const answer = await told(await post(path('anna@example.com'), { SubdomainName: silent.slug }))
  expect(answer.status).toBe(404)
  expect(await told(await post(path('anna@example.com'), { SubdomainName: 'nobody' }))).toEqual(answer)
})

const acme = { SubdomainName: 'acme' }
const tokenPath = path('refused@example.com')
test.each([
  ['a bad GUID', tokenPath, { ...acme, ApplianceId: 'abc' }, {}, 'ValidationException', 'ApplianceId'],
  [
    'a GUID half in braces',
    tokenPath,
    { ApplianceId: `{${applianceId}` },
    {},
    'ValidationException',
    'ApplianceId',
  ],
  ['a bad SuiteId', tokenPath, { ...acme, SuiteId: '1' }, {}, 'ValidationException', 'SuiteId'],
  ['a number for a text', tokenPath, { SubdomainName: 7 }, {}, 'ValidationException', 'SubdomainName'],
  ['a list for a text', tokenPath, { SubdomainName: ['acme'] }, {}, 'ValidationException', 'SubdomainName'],
  ['no user name', '/api/GetResetPasswordToken', acme, {}, 'ValidationException', 'UserName'],
  [
    'a user name of two lines',
    '/api/account/a%0Ab/passwordresettoken',
    acme,
    {},
    'ValidationException',
    'UserName',
  ],
  ['a broken path', '/api/account/%E0%A4%A/passwordresettoken', acme, {}, 'ValidationException', 'UserName'],
  ['another user in the body', tokenPath, { ...acme, UserName: 'b' }, {}, 'ValidationException', 'UserName'],
  [
    'another tenant in the query',
    `${tokenPath}?subdomainname=b`,
    acme,
    {},
    'ValidationException',
    'SubdomainName',
  ],
  [
    'a member in two spellings',
    tokenPath,
    { ...acme, subdomainName: 'b' },
    {},
    'ValidationException',
    'SubdomainName',
  ],
  ['__proto__', tokenPath, '{"__proto__": {}}', {}, 'ValidationException', '__proto__'],
  [
    'no token',
    '/api/PasswordReset',
    { ...acme, NewPassword: 'a', ConfirmPassword: 'a' },
    {},
    'ValidationException',
    'Token',
  ],
  ['broken JSON', tokenPath, '{', {}, 'SerializationException', undefined],
  ['a key twice', tokenPath, '{"a": 1, "a": 2}', {}, 'SerializationException', undefined],
  ['a list', tokenPath, '[]', {}, 'SerializationException', undefined],
  ['100,000 levels', tokenPath, '['.repeat(60_000), {}, 'SerializationException', undefined],
  ['an oversized body', tokenPath, ' '.repeat(100_000), {}, 'SerializationException', undefined],
  ['a wrong type', tokenPath, acme, { 'content-type': 'text/plain' }, 'SerializationException', undefined],
  [
    'multipart',
    tokenPath,
    acme,
    { 'content-type': 'multipart/form-data' },
    'SerializationException',
    undefined,
  ],
  [
    'another charset',
    tokenPath,
    acme,
    { 'content-type': 'application/json; charset=utf-16' },
    'SerializationException',
    undefined,
  ],
  ['a compressed body', tokenPath, acme, { 'content-encoding': 'gzip' }, 'SerializationException', undefined],
])(
  '%s is 400 in the vendor’s shape, and asks for nothing',
  async (_what, path, body, headers, ErrorCode, field) => {
    const answer = await post(path, body, headers)
    expect(answer.status).toBe(400)
    expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8')
    const errors = field ? [{ ErrorCode, FieldName: field, Message: expect.any(String) }] : []
    expect(await answer.json()).toEqual({
      ResponseStatus: { ErrorCode, Message: expect.any(String), Errors: errors },
    })
    expect(await rows('refused@example.com')).toBe(0)
  },
)

test.each([
  '/',
  '/api',
  '/api/Unknown',
  '/api/json/reply/Unknown',
  '/api/csv/reply/PasswordReset',
  '/api/json/reply/GetResetPasswordToken[]',
  '/api/account/passwordresettoken',
  '/x/api/PasswordReset',
])('there is nothing at %s: 404', async path => {
  const answer = await post(path)
  expect(answer.status).toBe(404)
  expect((await statusOf(answer)).ErrorCode).toBe('NotFound')
})

test('a missing member is named, all that are missing are listed', async () => {
  const { Message, Errors } = await statusOf(await post('/api/PasswordReset', acme))
  expect(Message).toBe('NewPassword: is required')
  expect(Errors.map(({ FieldName }: { FieldName: string }) => FieldName)).toEqual([
    'NewPassword',
    'ConfirmPassword',
    'Token',
  ])
})

test('too many calls are 429 with Retry-After, in the vendor’s shape', async () => {
  const slow = await sparekey.application({ name: 'Slow', limits: { perAddressMinute: 1 } })
  const ask = () => post(path('fast@example.com'), { SubdomainName: slow.slug })
  expect((await ask()).status).toBe(200)
  const answer = await ask()
  expect(answer.status).toBe(429)
  expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0)
  expect((await statusOf(answer)).ErrorCode).toBe('TooManyRequests')
})

test('the OpenAPI document has the calls under the dialect’s name', async () => {
  const { paths } = (await sparekey.call('GET', '/openapi.json')).body
  const mine = Object.keys(paths).filter(path => path.startsWith('/compat/platform/'))
  expect(mine).toHaveLength(8)
  const call = paths['/compat/platform/api/account/{UserName}/passwordresettoken']
  expect(Object.keys(call).sort()).toEqual(['delete', 'get', 'patch', 'post', 'put'])
  expect(call.post.tags).toEqual(['platform'])
  expect(Object.keys(call.post.requestBody.content)).toEqual([
    'application/json',
    'application/xml',
    'application/x-www-form-urlencoded',
  ])
})
