import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openBrowser } from '../support/browser.ts'
import { type Sparekey, startSparekey } from '../support/sparekey.ts'
import { type Desk, noLimits, openDesk } from './support/desk.ts'
import { standIn } from './support/stand-in.ts'

const origin = 'https://reset.example.com'
let https: Sparekey
let plain: Sparekey
let desk: Desk
let browser: Browser
beforeAll(async () => {
  // As it runs behind a proxy that speaks TLS; what the proxy does is not looked at here.
  https = await startSparekey({ backend: 'redis', worker: false, env: { PUBLIC_URL: origin } })
  plain = await startSparekey()
  desk = openDesk(https, await https.application({ limits: noLimits }))
  browser = await openBrowser()
})
afterAll(async () => {
  await browser?.close()
  await plain?.close()
  await https?.close()
})

const pages = () => [`/forgot/${desk.app.slug}`, `/reset/${desk.app.slug}`, '/reset', '/dashboard/', '/docs']

/** What is missing for a page to be safe from scripts, frames, sniffing and plain http. */
async function missing(url: string): Promise<string[]> {
  const { headers } = await fetch(url)
  const html = await (await fetch(url)).text()
  const policy = new Map(
    (headers.get('content-security-policy') ?? '').split(';').map(part => {
      const [name = '', ...values] = part.trim().split(/\s+/)
      return [name, values.join(' ')]
    }),
  )
  const scripts = policy.get('script-src') ?? policy.get('default-src') ?? '*'
  const inline = [...html.matchAll(/<script(?![^>]*\ssrc=)([^>]*)>/g)].filter(
    ([, rest]) => !rest?.includes('nonce='),
  )
  const faults: [string, boolean][] = [
    ['a script-src of its own', /\*|https?:(\s|$)|unsafe/.test(scripts)],
    // A page without a line of script in it needs no nonce; one that has some does.
    ['a nonce on each script in the page', inline.length > 0 || / on[a-z]+=/.test(html)],
    ['default-src none', policy.get('default-src') !== "'none'"],
    ['frame-ancestors none', policy.get('frame-ancestors') !== "'none'"],
    ['base-uri', !/^'(none|self)'$/.test(policy.get('base-uri') ?? '')],
    ['nosniff', headers.get('x-content-type-options') !== 'nosniff'],
    ['HSTS', !/max-age=\d{7,}/.test(headers.get('strict-transport-security') ?? '')],
    ['no-referrer', headers.get('referrer-policy') !== 'no-referrer'],
  ]
  return faults.filter(([, wrong]) => wrong).map(([what]) => what)
}

describe('on https', () => {
  test('hosted pages, dashboard and reference may run no foreign script, stand in no frame and are never asked by plain http', async () => {
    for (const path of pages()) expect([path, await missing(https.url + path)]).toEqual([path, []])
  })

  test('the API says nosniff and HSTS, too, with errors as well', async () => {
    for (const path of ['/v1/accounts', '/v1/nothing', '/compat/akinon/api/v1/auth/reset-password']) {
      const { headers } = await fetch(https.url + path)
      expect(headers.get('x-content-type-options')).toBe('nosniff')
      expect(headers.get('strict-transport-security')).toMatch(/max-age=\d{7,}/)
    }
  })

  test('control: a page without these headers, with a script in it, is missing all of them', async () => {
    const bare = await standIn((_, response) => {
      response.writeHead(200, { 'content-type': 'text/html' })
      response.end('<script>alert(1)</script>')
    })
    expect((await missing(bare.url)).length).toBe(8)
    bare.close()
  })
})

type Headers = Record<string, string>
const foreign: [string, Headers][] = [
  ['another origin', { origin: 'https://evil.test', 'sec-fetch-site': 'cross-site' }],
  ['another origin, of an old browser', { origin: 'https://evil.test' }],
  ['a sister of the same site', { origin: 'https://other.example.com', 'sec-fetch-site': 'same-site' }],
  ['a frame without origin', { origin: 'null' }],
  ['nowhere', {}],
  ['its own host, by another scheme', { origin: origin.replace('https', 'http') }],
]
const own: Headers = { origin, 'sec-fetch-site': 'same-origin' }

describe('a form', () => {
  const post = async (path: string, headers: Headers) =>
    (
      await fetch(https.url + path, {
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
        body: 'login=a%40example.com&token=x&password=y&code=12345678',
      })
    ).status
  const forms = () => [`/forgot/${desk.app.slug}`, '/reset/peek', '/reset/code', '/reset/password']

  test.each(foreign)(
    'that was sent by %s is refused; the same by our own page is not',
    async (_by, headers) => {
      for (const form of forms()) {
        expect([form, await post(form, headers)]).toEqual([form, 403])
        expect([form, await post(form, own)]).not.toEqual([form, 403])
      }
    },
  )
})

describe("an operator's session", () => {
  const signIn = (cookie?: string, headers: Headers = own, key = https.adminKey) =>
    https.call('POST', '/v1/session', {
      body: { key },
      headers: { ...headers, ...(cookie ? { cookie } : {}) },
    })
  const cookieOf = ({ headers }: { headers: globalThis.Headers }) =>
    headers.get('set-cookie')?.split(';')[0] ?? ''
  const look = async (cookie: string, headers: Headers = own) =>
    (await https.call('GET', '/v1/queues', { headers: { ...headers, cookie } })).status

  test('has a __Host- cookie that scripts, plain http and other sites do not get', async () => {
    const set = (await signIn()).headers.get('set-cookie') ?? ''
    expect(set).toMatch(/^__Host-sparekey=[\w-]{43};/)
    for (const attribute of ['HttpOnly', 'Secure', 'SameSite=Strict', 'Path=/'])
      expect(set).toContain(attribute)
    expect(set).not.toMatch(/domain/i)
  })

  test('is a new one at each sign-in, and ends at sign-out and after idling', async () => {
    const first = cookieOf(await signIn())
    const second = cookieOf(await signIn(first))
    expect(second).not.toBe(first)
    expect([await look(first), await look(second)]).toEqual([401, 200])
    const made = '__Host-sparekey=made-up-by-somebody-who-fixes-sessions-0000000'
    expect(cookieOf(await signIn(made))).not.toBe(made)
    expect(await look(made)).toBe(401)

    await https.call('DELETE', '/v1/session', { headers: { ...own, cookie: second } })
    expect(await look(second)).toBe(401)
    const third = cookieOf(await signIn())
    expect(await look(third)).toBe(200)
    await https.sql`update operator_sessions set seen_at = now() - interval '31 minutes'`
    expect(await look(third)).toBe(401)
  })

  test('changes nothing when another page sends the call; our own page does', async () => {
    const cookie = cookieOf(await signIn())
    const resume = async (sent: Headers) =>
      (await https.call('POST', '/v1/queues/mail/resume', { headers: { ...sent, cookie } })).status
    for (const [by, headers] of foreign) expect([by, await resume(headers)]).toEqual([by, 403])
    expect(await resume(own)).toBe(200)
  })

  test('is not to be had by trying keys: beyond a few tries a minute even the right one is refused', async () => {
    const tries: number[] = []
    for (let i = 0; i < 20; i++) tries.push((await signIn(undefined, own, `wrong ${i}`)).status)
    expect(tries.at(-1)).toBe(429)
    expect((await signIn()).status).toBe(429)
  })
})

test('without a session the dashboard’s page holds nothing, and board and data are 401', async () => {
  const shell = await (await fetch(`${https.url}/dashboard/`)).text()
  for (const secret of [desk.app.id, desk.app.slug, https.adminKey]) expect(shell).not.toContain(secret)
  for (const path of [
    '/dashboard/board',
    '/dashboard/board/api/queues',
    '/v1/queues',
    '/v1/stats',
    '/v1/stream',
  ]) {
    expect([path, (await fetch(https.url + path)).status]).toEqual([path, 401])
    const headers = { authorization: `Bearer ${https.adminKey}` }
    const opened = await fetch(https.url + path, { headers })
    await opened.body?.cancel()
    expect([path, opened.status]).toEqual([path, 200])
  }
})

test('a login that holds markup is shown as text by the dashboard and the hosted page', async () => {
  const login = '<img src="x" onerror="document.title=`owned`"><b class="planted">x</b>'
  const app = await plain.application({ limits: noLimits })
  await plain.call('POST', '/v1/reset-requests', { key: app.secret, body: { login } })
  const page = await browser.newPage()
  const planted = async () => [await page.locator('.planted').count(), await page.title()] as const

  await page.goto(`${plain.url}/forgot/${app.slug}`)
  await page.locator('input[autocomplete="username"]').fill(login)
  await page.keyboard.press('Enter')
  await page.getByText(login).first().waitFor()
  expect((await planted())[0]).toBe(0)

  await page.goto(`${plain.url}/dashboard/`)
  await page.getByLabel('Operator’s key').fill(plain.adminKey)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByRole('link', { name: 'Requests' }).click()
  await page.getByText(login).first().waitFor()
  expect((await planted())[0]).toBe(0)
  expect((await planted())[1]).not.toBe('owned')

  // Control: put in as markup, the same login is seen.
  await page.evaluate(`document.body.insertAdjacentHTML('beforeend', ${JSON.stringify(login)})`)
  expect((await planted())[0]).toBe(1)
  await page.close()
})
