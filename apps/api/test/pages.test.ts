import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { brandStylesheet, contrast } from '../src/pages/brand.ts'
import { createFakeCore, goodPassword, openBrowser, startPages, visit } from './pages-support.ts'

let browser: Browser
let site: Awaited<ReturnType<typeof startPages>>
const core = createFakeCore()

beforeAll(async () => {
  browser = await openBrowser()
  site = await startPages(core)
})
beforeEach(() => {
  core.state.calls.length = 0
  core.state.live.clear()
  core.state.fail = undefined
})
afterAll(async () => {
  await browser?.close()
  await site?.close()
})

const post = (path: string, fields: Record<string, string>, headers: Record<string, string> = {}) =>
  fetch(site.origin + path, {
    method: 'POST',
    body: new URLSearchParams(fields),
    headers: { Origin: site.origin, ...headers },
  })

// A mailed link names its application; older ones did not, and one may name it as it was called before.
test.each(['/reset/acme', '/reset', '/reset/old-name'])(
  'the mailed link %s leads to a new password, and then can’t be used any more',
  async path => {
    const { context, page, foreign, complaints } = await visit(browser, site.origin)
    const token = core.mint()
    await page.goto(`${site.origin}${path}#${token}`)
    const field = page.getByLabel('New password')
    await field.waitFor()
    expect(page.url()).toBe(`${site.origin}/reset/acme`)
    expect(await page.getByText('d•••@example.com').isVisible()).toBe(true)
    await page.reload()
    await field.fill(goodPassword)
    await page.getByRole('button', { name: 'Save' }).click()
    const heading = page.getByRole('heading', { name: 'Your password was changed' })
    await heading.waitFor()
    expect(await page.evaluate('document.activeElement.tagName')).toBe('H1')
    expect(await page.getByRole('link', { name: 'Continue to Acme Notes' }).getAttribute('href')).toBe(
      'https://acme.example/sign-in',
    )
    expect(core.called('complete')[0]?.input).toMatchObject({ token, password: goodPassword })
    await page.reload()
    await heading.waitFor()
    await page.goto('about:blank')
    await page.goto(`${site.origin}${path}#${token}`)
    await page.getByRole('heading', { name: 'This link can’t be used any more' }).waitFor()
    expect(foreign).toEqual([])
    expect(complaints).toEqual([])
    await context.close()
  },
)

test('a refused password is explained beside the field, and the link goes on working', async () => {
  const { context, page } = await visit(browser, site.origin)
  await page.goto(`${site.origin}/reset/acme#${core.mint()}`)
  const field = page.getByLabel('New password')
  await field.fill('short')
  await page.keyboard.press('Enter')
  await page.getByText('at least 15 characters.', { exact: false }).first().waitFor()
  expect(core.called('complete')).toEqual([])
  await field.fill('passwordpassword')
  await page.keyboard.press('Enter')
  await page.getByText('very many people use').waitFor()
  expect(await page.locator('#password-errors li').count()).toBe(2)
  expect(await field.getAttribute('aria-invalid')).toBe('true')
  expect(await field.getAttribute('aria-describedby')).toContain('password-errors')
  await field.fill(goodPassword)
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'Your password was changed' }).waitFor()
  await context.close()
})

test('out of reach and too often are said in words, and what was typed stays', async () => {
  const { context, page } = await visit(browser, site.origin)
  await page.goto(`${site.origin}/reset/acme#${core.mint()}`)
  const field = page.getByLabel('New password')
  await field.fill(goodPassword)
  core.state.fail = core.refusal('unavailable')
  await page.keyboard.press('Enter')
  await page.getByText('Nothing was changed').waitFor()
  core.state.fail = core.refusal('rate_limited', { retryAfter: 90 })
  await page.keyboard.press('Enter')
  await page.getByText('That was too often').waitFor()
  expect(await field.inputValue()).toBe(goodPassword)
  await context.close()
})

test('the answer is the same for every login, and markup in a login is text', async () => {
  const answers = await Promise.all(
    ['known@example.com', 'other@example.com'].map(async login => {
      const answer = await post('/forgot/acme', { login })
      return `${answer.status} ${(await answer.text()).replaceAll(login, 'LOGIN')}`
    }),
  )
  expect(answers[0]).toBe(answers[1])
  const { context, page, complaints } = await visit(browser, site.origin)
  await page.goto(`${site.origin}/forgot/acme`)
  const markup = '<img src=x onerror=alert(1)>"&{7*7}'
  await page.getByLabel('Email or username').fill(markup)
  await page.getByRole('button').click()
  await page.getByText(markup).waitFor()
  expect(await page.locator('img').count()).toBe(0)
  expect(complaints).toEqual([])
  await context.close()
})

test('opening the link 20 times, by GET and HEAD, calls nothing', async () => {
  core.mint()
  for (let i = 0; i < 20; i++) {
    for (const method of ['GET', 'HEAD']) {
      expect((await fetch(`${site.origin}/reset`, { method })).status).toBe(200)
      expect((await fetch(`${site.origin}/reset/acme`, { method })).status).toBe(200)
    }
  }
  expect(core.state.calls).toEqual([])
})

test('a POST from elsewhere, too large or of another kind is refused, and one of ours is not', async () => {
  const path = '/forgot/acme'
  const login = 'demo@example.com'
  expect((await post(path, { login })).status).toBe(200)
  expect((await post(path, { login }, { Origin: 'null', 'Sec-Fetch-Site': 'same-origin' })).status).toBe(200)
  core.state.calls.length = 0
  const foreign: Record<string, string>[] = [
    { Origin: 'https://evil.test' },
    { Origin: 'null' },
    { 'Sec-Fetch-Site': 'cross-site' },
  ]
  for (const headers of foreign) {
    expect((await post(path, { login }, headers)).status).toBe(403)
  }
  expect(
    (await fetch(site.origin + path, { method: 'POST', body: new URLSearchParams({ login }) })).status,
  ).toBe(403)
  expect((await post(path, { login }, { 'Content-Type': 'text/plain' })).status).toBe(415)
  expect((await post(path, { login: 'x'.repeat(17_000) })).status).toBe(413)
  expect(core.state.calls).toEqual([])
})

test('every page carries the strict headers; the neighbours keep their own', async () => {
  for (const path of ['/forgot/acme', '/forgot/nobody', '/reset', '/reset/acme']) {
    const { headers } = await fetch(site.origin + path)
    const policy = headers.get('content-security-policy') ?? ''
    for (const part of [
      "default-src 'none'",
      "script-src 'self';",
      "style-src 'self';",
      "frame-ancestors 'none'",
    ]) {
      expect(policy).toContain(part)
    }
    expect(headers.get('referrer-policy')).toBe('no-referrer')
    expect(headers.get('cache-control')).toBe('no-store')
    expect(headers.get('x-content-type-options')).toBe('nosniff')
  }
  const branded = await fetch(`${site.origin}/forgot/logo`)
  expect(branded.headers.get('content-security-policy')).toContain("img-src 'self' https://cdn.example;")
  expect((await fetch(`${site.origin}/elsewhere`)).headers.get('content-security-policy')).toBeNull()
  expect((await fetch(`${site.origin}/forgot/nobody`)).status).toBe(404)
})

test('German by Accept-Language, English by ?lang', async () => {
  const { context, page } = await visit(browser, site.origin, { locale: 'de-AT' })
  await page.goto(`${site.origin}/forgot/acme`)
  expect(await page.locator('html').getAttribute('lang')).toBe('de')
  await page.getByRole('heading', { name: 'Passwort vergessen?' }).waitFor()
  await page.goto(`${site.origin}/reset?lang=en#${core.mint()}`)
  await page.getByLabel('New password').waitFor()
  expect(await page.locator('html').getAttribute('lang')).toBe('en')
  await context.close()
})

test('an unknown error is told to nobody but its place to the log', async () => {
  core.state.fail = new Error('insert failed for secret@example.com')
  const answer = await post('/forgot/acme', { login: 'secret@example.com' })
  expect(answer.status).toBe(500)
  expect(await answer.text()).not.toContain('insert failed')
  expect(JSON.stringify(site.logged)).not.toContain('secret@')
  expect(site.logged).toHaveLength(1)
})

test('assets are zipped and kept for long, and odd names are not found', async () => {
  const page = await (await fetch(`${site.origin}/reset/acme`)).text()
  const path = /\/assets\/strength-words-[0-9a-f]{16}\.js/.exec(page)?.[0]
  const { headers } = await fetch(site.origin + path)
  expect(headers.get('content-encoding')).toBe('gzip')
  expect(headers.get('cache-control')).toContain('immutable')
  for (const odd of [
    '/assets/brand-zzzzzz.css',
    '/assets/brand-fff.css',
    '/assets/..%2fpages.tsx',
    '/assets/page.css',
  ]) {
    expect((await fetch(site.origin + odd)).status).toBe(404)
  }
})

test('a page’s brand colour is a style sheet of its own', async () => {
  const page = await (await fetch(`${site.origin}/reset/acme`)).text()
  const path = /\/assets\/brand-[0-9a-f]{6}\.css/.exec(page)?.[0]
  const answer = await fetch(site.origin + path)
  expect(answer.headers.get('content-type')).toContain('text/css')
  expect(await answer.text()).toContain(':root{--brand:#')
})

test('every brand colour stays readable', () => {
  for (const color of ['ffffff', '000000', 'ffff00', '808080', '0000ff', 'ff0000', '767676', '00ff7f']) {
    const sheet = brandStylesheet(color)
    const of = (name: string, look: number) =>
      [...sheet.matchAll(new RegExp(`--${name}:#(\\w{6})`, 'g'))][look]?.[1] ?? ''
    for (const look of [0, 1]) {
      expect(contrast(of('brand', look), of('brand-text', look))).toBeGreaterThanOrEqual(4.5)
      expect(contrast(of('brand-hover', look), of('brand-text', look))).toBeGreaterThanOrEqual(4.5)
    }
    expect(contrast(of('brand-link', 0), 'f4f4f1')).toBeGreaterThanOrEqual(4.5)
    expect(contrast(of('brand-link', 0), 'ffffff')).toBeGreaterThanOrEqual(4.5)
    expect(contrast(of('brand-link', 1), '1d2024')).toBeGreaterThanOrEqual(4.5)
    expect(contrast(of('brand', 0), 'ffffff')).toBeGreaterThanOrEqual(1.1)
    expect(contrast(of('brand', 1), '1d2024')).toBeGreaterThanOrEqual(2)
  }
  expect(brandStylesheet('ffe000')).toContain(':root{--brand:#ffe000;')
})
