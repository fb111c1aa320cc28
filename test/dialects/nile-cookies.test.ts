import { createNileProof } from '@sparekey/api/dialects/nile/proof'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Sparekey, startSparekey } from '../support/sparekey.ts'
import { cookieOf, cookiesOf, nileCalls, nileLinkOf, openJar, pairOf, startNileApp } from './support/nile.ts'
import { person, verify } from './support/people.ts'

const password = 'violet kayak hums at dawn'
let sparekey: Sparekey
let app: Awaited<ReturnType<Sparekey['application']>>
let product: Awaited<ReturnType<typeof startNileApp>>

beforeAll(async () => {
  sparekey = await startSparekey({ backend: 'postgres', env: { PUBLIC_URL: 'https://reset.example.com' } })
  const apiUrl = `${sparekey.url}/compat/nile/v2/databases/acme`
  product = await startNileApp(apiUrl, { secureCookies: true, skipHostHeader: true })
  app = await sparekey.application({ slug: 'acme', redirectOrigins: [product.url] })
})
afterAll(async () => {
  await product?.close()
  await sparekey?.close()
})

test.each<[string, Record<string, string>, boolean]>([
  [
    'a client that asks for it gets secure cookies',
    { 'nile-secure-cookies': 'true', 'nile-origin': 'http://a.test' },
    true,
  ],
  [
    'an app on https gets secure cookies',
    { 'nile-secure-cookies': 'false', 'nile-origin': 'https://a.test' },
    true,
  ],
  [
    'an app on http gets plain cookies, though PUBLIC_URL is https',
    { 'nile-secure-cookies': 'false', 'nile-origin': 'http://a.test' },
    false,
  ],
  ['a browser on https gets secure cookies', { origin: 'https://a.test' }, true],
  ['a browser on http gets plain cookies', { origin: 'http://a.test' }, false],
  ['a client that says nothing gets secure cookies, since PUBLIC_URL is https', {}, true],
])('%s', async (_what, headers, secure) => {
  const [cookie] = cookiesOf(await nileCalls(sparekey, 'acme').csrf({ headers }))
  expect(cookie?.name).toBe(secure ? '__Secure-nile.csrf-token' : 'nile.csrf-token')
  expect(cookie?.attributes.secure).toBe(secure ? 'true' : undefined)
})

test('the vendor’s server with secure cookies goes the whole way, and takes each away by its name', async () => {
  const login = await person(sparekey, app.secret)
  const { jar, fetch: browse } = openJar(product.url)
  await browse(`${product.url}/api/auth/csrf`)
  const path = `${product.url}/api/auth/reset-password`
  const asked = await browse(path, {
    method: 'POST',
    body: JSON.stringify({ email: login, redirectUrl: path, callbackUrl: product.url }),
  })
  expect(asked.status).toBe(201)
  expect((await browse(nileLinkOf(await sparekey.mail(login)))).status).toBe(302)
  expect([...jar.keys()]).toEqual(['__Secure-nile.csrf-token', '__Secure-nile.reset'])
  const done = await browse(path, { method: 'PUT', body: JSON.stringify({ password }) })
  expect(done.status).toBe(204)
  expect([...jar.keys()]).toEqual(['__Secure-nile.csrf-token', '__Secure-nile.session-token'])
  expect(cookiesOf(done).every(({ attributes }) => attributes.secure === 'true')).toBe(true)
  expect(await verify(sparekey, app.secret, login, password)).toBe(true)

  const mine = new Headers({ cookie: cookieOf(jar) })
  const again = { email: login, password: 'another kayak at noon', callbackUrl: `${product.url}/in` }
  const changed = await product.nile.withContext({ headers: mine }, sdk => sdk.auth.resetPassword(again))
  expect(changed.status).toBe(204)
})

test('a cookie is read under both names, and a bad one does not hide a good one', async () => {
  const { csrf } = nileCalls(sparekey, 'acme')
  const plain = pairOf(await csrf({ headers: { origin: 'http://a.test' } }), 'nile.csrf-token')
  for (const cookie of [plain, `__Secure-${plain}`, `__Secure-nile.csrf-token=a%7Cb; ${plain}`])
    expect((await csrf({ cookie })).headers.getSetCookie()).toEqual([])
})

test('a session is over at its time, whatever the browser still keeps', async () => {
  const since = new Date('2026-01-01T00:00:00.000Z')
  const core = {
    findSession: async (_application: unknown, id: string, began: Date) =>
      id === 'acc_1' && began.getTime() === since.getTime()
        ? { login: 'anna', email: 'Anna@example.com' }
        : undefined,
  }
  const personFor = (until: number, login: string) => {
    const cookies = {
      read: (_c: unknown, kind: string) =>
        kind === 'session' ? `acc_1.${since.getTime()}.${until}` : undefined,
    }
    return createNileProof(core as never, cookies as never).personOf({} as never, {} as never, login)
  }
  const anna = { login: 'anna', recipientKey: 'acc_1' }
  expect(await personFor(Date.now() + 60_000, 'ANNA')).toEqual(anna)
  expect(await personFor(Date.now() + 60_000, 'anna@example.com')).toEqual(anna)
  expect(await personFor(Date.now() + 60_000, 'eve')).toBeUndefined()
  expect(await personFor(Date.now() - 1, 'anna')).toBeUndefined()
})
