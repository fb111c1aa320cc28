import { Authorizer } from '@niledatabase/client'
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import { type Sparekey, startSparekey } from '../support/sparekey.ts'
import { cookieOf, nileLinkOf, openJar, startNileApp } from './support/nile.ts'
import { newest, person, verify } from './support/people.ts'

const password = 'violet kayak hums at dawn'
let sparekey: Sparekey
let product: Awaited<ReturnType<typeof startNileApp>>
let app: Awaited<ReturnType<Sparekey['application']>>

beforeAll(async () => {
  sparekey = await startSparekey({ backend: 'redis' })
  product = await startNileApp(`${sparekey.url}/compat/nile/v2/databases/acme`)
  app = await sparekey.application({ slug: 'acme', redirectOrigins: [product.url] })
})
afterAll(async () => {
  await product?.close()
  await sparekey?.close()
})
afterEach(() => vi.unstubAllGlobals())

/** The vendor's browser client, with the cookies of a browser of its own. */
function openClient() {
  const browser = openJar(product.url)
  vi.stubGlobal('fetch', browser.fetch)
  const client = new Authorizer({ baseUrl: product.url, basePath: `${product.url}/api` } as never)
  return { ...browser, client }
}

test('the vendor’s client and server reset a password; the link works once', async () => {
  const login = await person(sparekey, app.secret)
  const { client, jar, fetch: browse } = openClient()
  const callbackUrl = `${product.url}/new-password?from=mail`
  expect(await client.getCsrfToken()).toMatch(/^[\w-]{43}$/)
  await client.resetPassword({ email: login, callbackUrl } as never)

  const link = nileLinkOf(await sparekey.mail(login))
  expect(link.origin + link.pathname).toBe(`${product.url}/api/auth/reset-password`)
  expect(Object.fromEntries(link.searchParams)).toEqual({
    token: expect.stringMatching(/^[\w-]{43}$/),
    identifier: login,
    callbackUrl,
  })
  const opened = await browse(link)
  expect(opened.status).toBe(302)
  expect(opened.headers.get('location')).toBe(callbackUrl)
  const reset = jar.get('nile.reset') ?? ''
  expect(decodeURIComponent(reset)).toMatch(new RegExp(`^${link.searchParams.get('token')}\\|[0-9a-f]{64}$`))

  await expect(client.forgotPassword({ password: 'short' })).rejects.toThrow('The password is too short.')
  expect((await client.forgotPassword({ password })).status).toBe(204)
  expect(jar.has('nile.reset')).toBe(false)
  expect(jar.get('nile.session-token')).toBeTruthy()
  expect(await verify(sparekey, app.secret, login, password)).toBe(true)
  expect((await sparekey.mail(login, 1)).subject).toMatch(/password was changed/)

  await expect(client.forgotPassword({ password })).rejects.toThrow('Missing reset token')
  jar.set('nile.reset', reset)
  await expect(client.forgotPassword({ password })).rejects.toThrow('Token expired')
  jar.clear()
  const again = await browse(link)
  expect(again.status).toBe(302)
  expect(again.headers.get('location')).toBe(`${callbackUrl}&error=Token%20is%20invalid`)
  expect(jar.size).toBe(0)
  const request = await newest(sparekey, app.secret, login)
  expect(request).toMatchObject({ dialect: 'nile', status: 'used' })
  expect(request.timeline[0]).toMatchObject({ type: 'accepted', detail: 'nile' })
})

test('the vendor’s server asks by itself, and is refused without its CSRF cookie', async () => {
  const login = await person(sparekey, app.secret)
  const ask = { email: login, callbackUrl: `${product.url}/in`, redirectUrl: `${product.url}/own?a=1` }
  const { nile } = product
  const headers = new Headers({ cookie: '' })
  const without = await nile.withContext({ headers }, sdk => sdk.auth.forgotPassword(ask))
  expect(without.status).toBe(404)

  const { jar, fetch: browse } = openJar(product.url)
  await browse(`${product.url}/api/auth/csrf`)
  headers.set('cookie', cookieOf(jar))
  const answer = await nile.withContext({ headers }, sdk => sdk.auth.forgotPassword(ask))
  expect([answer.status, await answer.text()]).toEqual([201, ''])
  const link = nileLinkOf(await sparekey.mail(login))
  expect(link.pathname + link.search).toBe(
    `/own?a=1&token=${link.searchParams.get('token')}&${new URLSearchParams({ identifier: login, callbackUrl: ask.callbackUrl })}`,
  )
})

test('signed in, the vendor’s client changes a password in one go, and its server too', async () => {
  const login = await person(sparekey, app.secret)
  const { client, jar, fetch: browse } = openClient()
  await client.getCsrfToken()
  const change = async (text: string) =>
    (await client.resetPassword({ email: login, password: text, redirect: false } as never)) as unknown as
      | Response
      | undefined
  await expect(change(password)).rejects.toThrow('')
  expect(await verify(sparekey, app.secret, login, password)).toBe(false)

  await client.resetPassword({ email: login } as never)
  const link = nileLinkOf(await sparekey.mail(login))
  expect(link.searchParams.get('callbackUrl')).toBe(`${product.url}/`)
  await browse(link)
  await client.forgotPassword({ password })

  expect((await change('another kayak hums at noon'))?.status).toBe(204)
  expect(await verify(sparekey, app.secret, login, 'another kayak hums at noon')).toBe(true)

  const mine = new Headers({ cookie: cookieOf(jar) })
  const request = { email: login, password: 'third kayak hums at dusk', callbackUrl: `${product.url}/in` }
  const answer = await product.nile.withContext({ headers: mine }, sdk => sdk.auth.resetPassword(request))
  expect(answer.status).toBe(204)
  expect(await verify(sparekey, app.secret, login, request.password)).toBe(true)

  const csrfOnly = new Headers({ cookie: `nile.csrf-token=${jar.get('nile.csrf-token')}` })
  await expect(
    product.nile.withContext({ headers: csrfOnly }, sdk => sdk.auth.resetPassword(request)),
  ).rejects.toThrow('reset token is missing')
})
