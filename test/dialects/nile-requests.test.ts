import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { linkOf, type Sparekey, startSparekey } from '../support/sparekey.ts'
import { cookiesOf, nileCalls, nileLinkOf, pairOf } from './support/nile.ts'
import { newest, person, told } from './support/people.ts'

const origin = 'https://app.example.com'
const urls = { redirectUrl: `${origin}/api/auth/reset-password`, callbackUrl: `${origin}/in` }
let sparekey: Sparekey
let app: Awaited<ReturnType<Sparekey['application']>>
let calls: ReturnType<typeof nileCalls>
let cookie: string

const settings = { redirectOrigins: [origin], limits: { perAddressMinute: 1000 } }

beforeAll(async () => {
  sparekey = await startSparekey({ backend: 'postgres' })
  app = await sparekey.application({ slug: 'acme', aliases: ['01989ec2-db'], ...settings })
  calls = nileCalls(sparekey, 'acme')
  cookie = await calls.csrfCookie()
})
afterAll(() => sparekey?.close())

const said = async (response: Response) => [response.status, await response.text()]

test('known and unknown users get the same bytes, and the unknown one no mail', async () => {
  const login = await person(sparekey, app.secret)
  const ask = async (email: string) => await told(await calls.post({ email, ...urls }, { cookie }))
  const known = await ask(login)
  expect(known).toMatchObject({ status: 201, body: '' })
  expect(await ask('nobody@example.com')).toEqual(known)
  await sparekey.mail(login)
  const { id } = await newest(sparekey, app.secret, 'nobody@example.com')
  await sparekey.status(id, app.secret, 'ignored')
  expect(sparekey.mails('nobody@example.com')).toEqual([])
})

test('an application that wants it so answers 200 for an unknown user, and still keeps the request', async () => {
  const other = await sparekey.application({ name: 'Open', nile: { revealUnknown: true }, ...settings })
  const { post } = nileCalls(sparekey, other.slug)
  const login = await person(sparekey, other.secret)
  expect(await said(await post({ email: 'nobody@example.com', ...urls }, { cookie }))).toEqual([200, ''])
  expect(await said(await post({ email: login, ...urls }, { cookie }))).toEqual([201, ''])
  expect(await newest(sparekey, other.secret, 'nobody@example.com')).toMatchObject({ dialect: 'nile' })
})

test('a page whose path has what no mail’s link may hold is mailed percent-encoded', async () => {
  const email = await person(sparekey, app.secret)
  const redirectUrl = `${origin}/o'neill/a|b^c{d}\`e`
  expect(await said(await calls.post({ email, redirectUrl }, { cookie }))).toEqual([201, ''])
  expect(nileLinkOf(await sparekey.mail(email)).pathname).toBe('/o%27neill/a%7Cb%5Ec%7Bd%7D%60e')
})

describe('the CSRF cookie', () => {
  test('is set once, for HTTP alone, and a valid one is kept', async () => {
    const first = await calls.csrf()
    const { csrfToken } = (await first.json()) as { csrfToken: string }
    expect(cookiesOf(first)).toEqual([
      {
        name: 'nile.csrf-token',
        value: expect.stringMatching(new RegExp(`^${csrfToken}%7C[0-9a-f]{64}$`)),
        attributes: { path: '/', httponly: 'true', samesite: 'Lax' },
      },
    ])
    const again = await calls.csrf({ cookie: pairOf(first, 'nile.csrf-token') })
    expect(await again.json()).toEqual({ csrfToken })
    expect(again.headers.getSetCookie()).toEqual([])
    const forged = await calls.csrf({ cookie: `nile.csrf-token=${csrfToken}%7C${'0'.repeat(64)}` })
    expect(cookiesOf(forged)).toHaveLength(1)
    expect(await forged.json()).not.toEqual({ csrfToken })
  })

  test.each([
    ['missing', undefined],
    ['unsigned', 'nile.csrf-token=abc'],
    ['forged', `nile.csrf-token=abc%7C${'0'.repeat(64)}`],
    ['another kind', `nile.reset=abc%7C${'0'.repeat(64)}`],
  ])('%s: nothing is asked, and the answer is 404, empty', async (_what, cookie) => {
    const email = await person(sparekey, app.secret)
    const options = cookie ? { cookie } : {}
    expect(await said(await calls.post({ email, ...urls }, options))).toEqual([404, ''])
    expect(await said(await calls.post(urls, options))).toEqual([400, 'Email is required'])
    const asked = await sparekey.call('GET', `/v1/reset-requests?login=${email}`, { key: app.secret })
    expect(asked.body.items).toEqual([])
  })
})

test.each([
  ['a foreign redirectUrl', 'redirectUrl', { ...urls, redirectUrl: 'https://evil.test/' }],
  ['a foreign callbackUrl', 'callbackUrl', { ...urls, callbackUrl: 'https://evil.test/' }],
  ['a callbackUrl without a scheme', 'callbackUrl', { ...urls, callbackUrl: '//evil.test/' }],
  ['a callbackUrl with a back slash', 'callbackUrl', { ...urls, callbackUrl: '/\\evil.test/' }],
  [
    'a callbackUrl with user info',
    'callbackUrl',
    { ...urls, callbackUrl: 'https://app.example.com@evil.test/' },
  ],
  ['a script', 'callbackUrl', { ...urls, callbackUrl: 'javascript:alert(1)' }],
  ['a relative redirectUrl', 'redirectUrl', { ...urls, redirectUrl: '/api/auth/reset-password' }],
  ['a callbackUrl alone that is relative', 'callbackUrl', { callbackUrl: '/in' }],
  ['a link of 3 kB', 'redirectUrl', { ...urls, callbackUrl: `${origin}/${'%20'.repeat(600)}` }],
])('%s is refused with 400 in plain text', async (_what, field, given) => {
  const answer = await calls.post({ email: 'anna@example.com', ...given }, { cookie })
  expect(answer.status).toBe(400)
  expect(answer.headers.get('content-type')).toMatch(/^text\/plain/)
  expect(await answer.text()).toMatch(new RegExp(`^${field}: `))
})

test('the mailed link says once what it says, whatever the redirectUrl said before', async () => {
  const email = await person(sparekey, app.secret)
  const redirectUrl = `${origin}/{token}/r?token={token}&identifier=eve%40example.com&callbackUrl=x&redirect=false&own={token}#f`
  await calls.post({ email, redirectUrl, callbackUrl: '/in?x={token}' }, { cookie })
  const link = nileLinkOf(await sparekey.mail(email))
  expect(link.href).toMatch(
    /^https:\/\/app\.example\.com\/%7Btoken[^/]*\/r\?own=%7Btoken%7D&token=[\w-]{43}&/,
  )
  expect([...link.searchParams].slice(2)).toEqual([
    ['identifier', email],
    ['callbackUrl', expect.stringMatching(/^https:\/\/app\.example\.com\/in\?x=(\{|%7B)token(\}|%7D)$/)],
  ])
})

test('without redirectUrl the callbackUrl takes its place; without both the link is our own', async () => {
  const email = await person(sparekey, app.secret)
  await calls.post({ email, callbackUrl: urls.callbackUrl, redirectUrl: null }, { cookie })
  expect(nileLinkOf(await sparekey.mail(email)).pathname).toBe('/in')
  const other = await person(sparekey, app.secret)
  const answer = await calls.post({ email: other, redirectUrl: null, callbackUrl: '' }, { cookie })
  expect(answer.status).toBe(201)
  expect(linkOf(await sparekey.mail(other))).toMatch(`${sparekey.url}/reset/acme#`)
})

test.each([
  ['broken JSON', '{"email":', {}],
  ['no object', '[]', {}],
  ['no body', '', {}],
  ['an email that is a number', { email: 7 }, {}],
  ['an email of two lines', { email: 'anna@example.com\nbcc: eve' }, {}],
  ['an email without end', { email: `${'a'.repeat(400)}@example.com` }, {}],
  ['a URL that is an object', { email: 'anna@example.com', callbackUrl: {} }, {}],
  ['a key twice', '{"email":"a@example.com","email":"b@example.com"}', {}],
  ['a form', 'email=anna', { 'content-type': 'application/x-www-form-urlencoded' }],
  ['a body of 70 kB', { email: 'a'.repeat(70_000) }, {}],
])('%s: 400 in plain text', async (_what, body, headers) => {
  const answer = await calls.post(body, { cookie, headers: headers as Record<string, string> })
  expect(answer.status).toBe(400)
  expect(answer.headers.get('content-type')).toMatch(/^text\/plain/)
  expect(await answer.text()).not.toMatch(/[<{]|urn:|\n/)
})

test('an unknown database, one without the dialect, an unknown path: 404, empty; a method: 405', async () => {
  const mute = await sparekey.application({ name: 'Mute', dialects: [], ...settings })
  for (const database of ['nobody', mute.slug, '*', '%00', 'x'.repeat(300)]) {
    const { csrf, post, open, put } = nileCalls(sparekey, database)
    const answers = [await csrf(), await post({ email: 'a@example.com', ...urls }, { cookie })]
    answers.push(await open({ token: 'x' }), await put({ password: 'x' }))
    for (const answer of answers) expect(await said(answer)).toEqual([404, ''])
  }
  expect(await said(await calls.call('GET', '/session'))).toEqual([404, ''])
  const removed = await calls.call('DELETE', '/reset-password')
  expect(await said(removed)).toEqual([405, ''])
  expect(removed.headers.get('allow')).toBe('GET, HEAD, POST, PUT')
})

test('an alias names the application too, and its id', async () => {
  for (const name of [app.id, '01989EC2-DB'])
    expect((await nileCalls(sparekey, name).csrf()).status).toBe(200)
})

test('too many calls: 429 in plain text with Retry-After', async () => {
  const { slug } = await sparekey.application({ name: 'Busy', limits: { perAddressMinute: 1 } })
  const { csrf } = nileCalls(sparekey, slug)
  expect((await csrf()).status).toBe(200)
  const answer = await csrf()
  expect(answer.status).toBe(429)
  expect(answer.headers.get('content-type')).toMatch(/^text\/plain/)
  expect(answer.headers.get('retry-after')).toMatch(/^\d+$/)
})

test('no answer is compressed, here or by a proxy', async () => {
  const answer = await calls.csrf({ headers: { 'accept-encoding': 'gzip, br' } })
  expect(answer.headers.get('content-encoding')).toBeNull()
  expect(answer.headers.get('cache-control')).toBe('no-store, no-transform')
})
