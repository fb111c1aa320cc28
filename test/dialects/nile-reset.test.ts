import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Sparekey, startSparekey, tokenOf } from '../support/sparekey.ts'
import { cookiesOf, nileCalls, nileLinkOf, pairOf } from './support/nile.ts'
import { newest, person, verify } from './support/people.ts'

const password = 'violet kayak hums at dawn'
const origin = 'https://app.example.com'
const urls = { redirectUrl: `${origin}/api/auth/reset-password`, callbackUrl: `${origin}/in` }
let sparekey: Sparekey
let app: Awaited<ReturnType<Sparekey['application']>>
let calls: ReturnType<typeof nileCalls>
let csrf: string

beforeAll(async () => {
  sparekey = await startSparekey({ backend: 'postgres' })
  app = await sparekey.application({
    slug: 'acme',
    redirectOrigins: [origin],
    limits: { perAddressMinute: 1000 },
  })
  calls = nileCalls(sparekey, 'acme')
  csrf = await calls.csrfCookie()
})
afterAll(() => sparekey?.close())

const said = async (response: Response) => [response.status, await response.text()]

/** Somebody's mailed link, as its query. */
async function mailed() {
  const email = await person(sparekey, app.secret)
  await calls.post({ email, ...urls }, { cookie: csrf })
  const { searchParams } = nileLinkOf(await sparekey.mail(email))
  const query = Object.fromEntries(searchParams) as Record<'token' | 'identifier' | 'callbackUrl', string>
  return { email, query }
}

/** Somebody who has opened the mailed link. */
async function opened() {
  const { email, query } = await mailed()
  return { email, query, reset: pairOf(await calls.open(query), 'nile.reset') }
}

/** Somebody who has just set a password. */
async function signedIn() {
  const { email, reset } = await opened()
  const session = pairOf(await calls.put({ password }, { cookie: reset }), 'nile.session-token')
  return { email, session }
}

describe('the mailed link, opened', () => {
  test('gives a cookie that lives as long as the token, where to go, and uses nothing up', async () => {
    const { email, query } = await mailed()
    // Only now does its true time run.
    await sparekey.status((await newest(sparekey, app.secret, email)).id, app.secret, 'sent')
    for (const identifier of [email, email.toUpperCase(), email]) {
      const answer = await calls.open({ ...query, identifier })
      expect(await said(answer)).toEqual([200, ''])
      expect(answer.headers.get('location')).toBe(urls.callbackUrl)
      const [cookie] = cookiesOf(answer)
      expect(cookie).toMatchObject({
        name: 'nile.reset',
        value: expect.stringMatching(/^[\w-]{43}%7C[0-9a-f]{64}$/),
        attributes: { path: '/', httponly: 'true', samesite: 'Lax' },
      })
      expect(Number(cookie?.attributes['max-age'])).toBeGreaterThan(1700)
      expect(Number(cookie?.attributes['max-age'])).toBeLessThanOrEqual(1800)
    }
  })

  test('goes nowhere with redirect=false or without a URL, and knows callbackURL', async () => {
    const { query } = await mailed()
    const { callbackUrl, ...rest } = query
    const still = await calls.open({ ...query, redirect: 'false', json: 'true' })
    const bare = await calls.open(rest)
    const old = await calls.open({ ...rest, callbackURL: callbackUrl })
    expect([still, bare, old].map(({ headers }) => headers.get('location'))).toEqual([
      null,
      null,
      callbackUrl,
    ])
    for (const answer of [still, bare, old]) expect(pairOf(answer, 'nile.reset')).toBeTruthy()
  })

  test.each([
    ['a wrong token', { token: 'A'.repeat(43) }],
    ['a token of no form', { token: 'no\u0000token' }],
    ['no token', { token: '' }],
    ['another person', { identifier: 'eve@example.com' }],
    ['no person', { identifier: '' }],
  ])('with %s gives no cookie and leads back with the error', async (_what, change) => {
    const { query } = await mailed()
    const answer = await calls.open({ ...query, callbackUrl: `${origin}/in?a=1#there`, ...change })
    expect(await said(answer)).toEqual([200, ''])
    expect(answer.headers.get('location')).toBe(`${origin}/in?a=1&error=Token%20is%20invalid#there`)
    expect(answer.headers.getSetCookie()).toEqual([])
  })

  test('never leads to an origin that is not allowed, whether or not the token is good', async () => {
    const { query } = await mailed()
    for (const callbackUrl of ['https://evil.test/', '//evil.test', 'javascript:alert(1)', '/in']) {
      for (const token of [query.token, 'A'.repeat(43)]) {
        const answer = await calls.open({ ...query, token, callbackUrl })
        expect([answer.status, answer.headers.get('location')]).toEqual([400, null])
        expect(answer.headers.getSetCookie()).toEqual([])
      }
    }
  })
})

describe('the new password', () => {
  test('without a cookie, with a broken or a forged one, is refused in the vendor’s words', async () => {
    const { query } = await mailed()
    const put = async (cookie?: string) => await said(await calls.put({ password }, cookie ? { cookie } : {}))
    expect(await put()).toEqual([400, 'Missing reset token'])
    expect(await put('nile.reset=abc')).toEqual([400, 'Missing reset token'])
    for (const signature of ['0'.repeat(64), 'x'])
      expect(await put(`nile.reset=${query.token}%7C${signature}`)).toEqual([
        400,
        'Unable to process request',
      ])
    const csrfAsReset = csrf.replace('csrf-token', 'reset')
    expect(await put(csrfAsReset)).toEqual([400, 'Unable to process request'])
  })

  test('is refused with reasons, uses nothing up, and is then taken once', async () => {
    const { email, reset } = await opened()
    const put = (body: unknown) => calls.put(body, { cookie: reset })
    expect(await said(await put({ password: email }))).toEqual([
      400,
      expect.stringMatching(/^The password is too much like the user name/),
    ])
    for (const body of ['{', {}, { password: 7 }, { password: 'x'.repeat(70_000) }]) {
      const answer = await put(body)
      expect([answer.status, answer.headers.get('content-type')]).toEqual([
        400,
        expect.stringMatching(/^text\/plain/),
      ])
    }
    const parallel = await Promise.all(Array.from({ length: 5 }, () => put({ password, callbackUrl: '/' })))
    expect(parallel.map(({ status }) => status).sort()).toEqual([204, 400, 400, 400, 400])
    expect(await verify(sparekey, app.secret, email, password)).toBe(true)
    expect(await said(await put({ password }))).toEqual([400, 'Token expired'])
    const done = parallel.find(({ status }) => status === 204) as Response
    expect(cookiesOf(done).find(({ name }) => name === 'nile.reset')).toMatchObject({
      value: '',
      attributes: { 'max-age': '0' },
    })
  })

  test('an expired token, and another application’s, are refused', async () => {
    const { reset, query } = await opened()
    const other = await sparekey.application({ name: 'Other', redirectOrigins: [origin] })
    const there = nileCalls(sparekey, other.slug)
    expect(await said(await there.put({ password }, { cookie: reset }))).toEqual([400, 'Token expired'])
    expect((await there.open(query)).headers.getSetCookie()).toEqual([])
    await sparekey.sql`update reset_requests set expires_at = now() - interval '1 second' where login = ${query.identifier}`
    expect(await said(await calls.put({ password }, { cookie: reset }))).toEqual([400, 'Token expired'])
    expect((await calls.open(query)).headers.get('location')).toContain('?error=')
  })
})

describe('the link in the answer (json=true)', () => {
  const link = (email: string, ...cookies: string[]) =>
    calls.post({ email, ...urls }, { cookie: [csrf, ...cookies].join('; ') }, '?json=true')

  test('is refused with 401, empty, to whoever is not that person, and nothing is mailed', async () => {
    const mine = await signedIn()
    const { reset } = await opened()
    const email = await person(sparekey, app.secret)
    for (const cookies of [[], [mine.session], [reset], [mine.session.replace('.', '.1')]])
      expect(await said(await link(email, ...cookies))).toEqual([401, ''])
    expect(await said(await link('nobody@example.com', mine.session))).toEqual([401, ''])
    expect(
      (await calls.post({ email: mine.email, ...urls }, { cookie: mine.session }, '?json=true')).status,
    ).toBe(404)
    const asked = await sparekey.call('GET', `/v1/reset-requests?login=${email}`, { key: app.secret })
    expect(asked.body.items).toEqual([])
  })

  test('is given to the person, and is the mailed one', async () => {
    const { email, session } = await signedIn()
    const answer = await link(email.toUpperCase(), session)
    expect(answer.status).toBe(201)
    const { url } = (await answer.json()) as { url: string }
    expect(nileLinkOf(await sparekey.mail(email, 2)).searchParams.get('token')).toBe(
      new URL(url).searchParams.get('token'),
    )
    const holder = await opened()
    expect((await link(holder.email, holder.reset)).status).toBe(201)
    expect((await link(holder.email, holder.reset)).status).toBe(401)
  })

  test('is for the signed-in account, though its email be the login of another', async () => {
    const email = 'victim@example.com'
    const accounts = [
      { login: 'mallory', email },
      { login: email, email: 'inbox@example.com' },
    ]
    for (const body of accounts) await sparekey.call('POST', '/v1/accounts', { key: app.secret, body })
    await calls.post({ email: 'mallory', ...urls }, { cookie: csrf })
    const { searchParams } = nileLinkOf(await sparekey.mail(email))
    const reset = pairOf(await calls.open(Object.fromEntries(searchParams)), 'nile.reset')
    const session = pairOf(await calls.put({ password }, { cookie: reset }), 'nile.session-token')
    const { url } = (await (await link(email, session)).json()) as { url: string }
    expect(new URL(url).searchParams.get('identifier')).toBe('mallory')
    const again = pairOf(await calls.open(Object.fromEntries(new URL(url).searchParams)), 'nile.reset')
    await calls.put({ password: 'another kayak at noon' }, { cookie: again })
    expect(await verify(sparekey, app.secret, 'mallory', 'another kayak at noon')).toBe(true)
    expect(await verify(sparekey, app.secret, email, 'another kayak at noon')).toBe(false)
    expect(sparekey.mails('inbox@example.com')).toEqual([])
  })

  test('is for nobody who has opened a link, once the login is another’s, and nothing is mailed to them', async () => {
    const login = 'borrowed@example.com'
    const key = app.secret
    const made = await sparekey.call('POST', '/v1/accounts', { key, body: { login, email: login } })
    await calls.post({ email: login, ...urls }, { cookie: csrf })
    const query = Object.fromEntries(nileLinkOf(await sparekey.mail(login)).searchParams)
    const reset = pairOf(await calls.open(query), 'nile.reset')
    await sparekey.call('PATCH', `/v1/accounts/${made.body.id}`, { key, body: { login: 'lender' } })
    await sparekey.call('POST', '/v1/accounts', { key, body: { login, email: 'later@example.com' } })
    expect(await said(await link(login, reset))).toEqual([401, ''])
    const asked = await sparekey.call('GET', `/v1/reset-requests?login=${login}`, { key })
    expect(asked.body.items).toHaveLength(1)
  })

  test('is for nobody who has opened a test mail’s link', async () => {
    const email = 'looked-at@example.com'
    await sparekey.call('POST', '/v1/accounts', {
      key: app.secret,
      body: { login: email, email: 'far@example.com' },
    })
    const to = { key: sparekey.adminKey, body: { to: email } }
    expect((await sparekey.call('POST', `/v1/applications/${app.id}/test-mails`, to)).status).toBe(202)
    const token = tokenOf(await sparekey.mail(email))
    const opened = await calls.open({ token, identifier: email, callbackUrl: urls.callbackUrl })
    expect(opened.headers.get('location')).toContain('?error=')
    expect(opened.headers.getSetCookie()).toEqual([])
  })

  test('needs a place to lead to, and is refused over the limit of mails', async () => {
    const { email, session } = await signedIn()
    const cookie = [csrf, session].join('; ')
    expect(await said(await calls.post({ email }, { cookie }, '?json=true'))).toEqual([
      400,
      'redirectUrl or callbackUrl is required',
    ])
    const statuses: number[] = []
    for (let i = 0; i < 5; i++) statuses.push((await link(email, session)).status)
    expect(statuses).toEqual([201, 201, 201, 201, 400])
  })

  test('a session ends with the next password', async () => {
    const { email, session } = await signedIn()
    const { url } = (await (await link(email, session)).json()) as { url: string }
    const query = Object.fromEntries(new URL(url).searchParams)
    const reset = pairOf(await calls.open(query), 'nile.reset')
    expect((await calls.put({ password: 'another kayak at noon' }, { cookie: reset })).status).toBe(204)
    expect((await link(email, session)).status).toBe(401)
  })
})
