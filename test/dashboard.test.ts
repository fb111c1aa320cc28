import axe from 'axe-core'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openBrowser, shoot } from './support/browser.ts'
import { startMailServer } from './support/mail-server.ts'
import { type Sparekey, startSparekey, tokenOf } from './support/sparekey.ts'

let sparekey: Sparekey
let browser: Browser
let context: BrowserContext
let page: Page
let app: Awaited<ReturnType<Sparekey['application']>>
const elsewhere: string[] = []
const forbidden: string[] = []

beforeAll(async () => {
  sparekey = await startSparekey({ backend: 'redis' })
  app = await sparekey.application({ name: 'Acme Notes' })
  browser = await openBrowser()
  context = await browser.newContext({ viewport: { width: 1280, height: 900 } })
  page = await context.newPage()
  page.on('request', request => {
    if (/^https?:/.test(request.url()) && !request.url().startsWith(sparekey.url))
      elsewhere.push(request.url())
  })
  page.on('console', message => {
    if (/Content Security Policy/.test(message.text())) forbidden.push(message.text())
  })
})
afterAll(async () => {
  await browser?.close()
  await sparekey?.close()
})

const go = (path: string) => page.goto(`${sparekey.url}/dashboard${path}`)
const button = (name: string | RegExp, within: Pick<Page, 'getByRole'> = page) =>
  within.getByRole('button', { name })
async function signIn() {
  await go('/')
  await page.getByLabel('Operator’s key').fill(sparekey.adminKey)
  await button('Sign in').click()
  await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor()
}

test('a wrong key is refused in words; the right one opens the overview, which tells live figures', async () => {
  await go('/')
  await page.getByLabel('Operator’s key').fill('not the key of this operator')
  await button('Sign in').click()
  await page.getByText('This key is not the operator’s').waitFor()
  await signIn()
  await page.getByText('Live', { exact: true }).waitFor()

  const body = { login: 'anna@example.com', email: 'anna@example.com' }
  await sparekey.call('POST', '/v1/accounts', { key: app.secret, body })
  await sparekey.call('POST', '/v1/reset-requests', { key: app.secret, body: { login: body.login } })
  const token = tokenOf(await sparekey.mail(body.login))
  await sparekey.call('POST', '/v1/password-resets', {
    body: { token, password: 'violet kayak hums at dawn' },
  })
  await page.getByRole('row', { name: /Acme Notes 1 1 0 1/ }).waitFor()
  await shoot(page, 'dashboard-overview')
})

test('“why did she get no mail?” is one search away, with the mail server’s own words', async () => {
  await page.getByRole('link', { name: 'Requests' }).click()
  await page.getByLabel('Login or id').fill('anna@example.com')
  await page.keyboard.press('Enter')
  await page.getByRole('link', { name: 'anna@example.com' }).first().click()
  await page.getByText('Accepted').first().waitFor()
  await page.getByText(/250/).first().waitFor()
  expect(await page.content()).not.toMatch(/[A-Za-z0-9_-]{43}/)
  await shoot(page, 'dashboard-request')
})

test('a queue is paused after a confirmation, and resumed', async () => {
  await page.getByRole('link', { name: 'Queues' }).click()
  await button(/^Pause Mail/i)
    .first()
    .click()
  await button('Pause', page.getByRole('dialog')).click()
  await page.getByText('Paused', { exact: true }).waitFor()
  const { body } = await sparekey.call('GET', '/v1/queues', { key: sparekey.adminKey })
  expect(body.items[0]).toMatchObject({ name: 'mail', paused: true })
  await button(/^Resume Mail/i)
    .first()
    .click()
  await button('Resume', page.getByRole('dialog')).click()
  await page.getByText('Paused', { exact: true }).waitFor({ state: 'detached' })
})

test('an application is made, its keys are shown once, and they work', async () => {
  await go('/applications/new')
  await page.getByLabel('Name', { exact: true }).fill('Made Here')
  await button(/^Make/).click()
  const shown = page.getByText(/^sk_[\w-]{43}$/)
  await shown.waitFor()
  const secret = (await shown.textContent()) ?? ''
  expect((await sparekey.call('GET', '/v1/accounts', { key: secret })).status).toBe(200)
  await go('/applications')
  await page.getByRole('link', { name: 'Made Here' }).click()
  await page.getByRole('heading', { level: 1, name: 'Made Here' }).waitFor()
  expect(await page.content()).not.toContain(secret)
})

test('mails are shown as they will look', async () => {
  await page.getByRole('link', { name: 'Mails', exact: true }).click()
  const mail = page.frameLocator('iframe').first()
  await mail.getByRole('heading', { name: 'Choose a new password' }).waitFor()
  await shoot(page, 'dashboard-mails')
})

test('each page has no finding of axe, is not too wide for a phone, and asks nobody else for anything', async () => {
  for (const [width, colorScheme] of [
    [1280, 'light'],
    [390, 'dark'],
  ] as const) {
    await page.setViewportSize({ width, height: 844 })
    await page.emulateMedia({ colorScheme })
    for (const path of ['/', '/requests', '/queues', '/applications', `/applications/${app.id}`, '/mails']) {
      await go(path)
      await page.getByRole('heading', { level: 1 }).waitFor()
      await page.locator('[aria-busy=true]').first().waitFor({ state: 'detached' })
      await page.evaluate(axe.source)
      const { violations } = (await page.evaluate('axe.run(document, { iframes: false })')) as axe.AxeResults
      const found = violations
        .filter(({ impact }) => impact === 'serious' || impact === 'critical')
        .map(({ id, nodes }) => `${path} ${width}: ${id} ${nodes.map(({ target }) => target).join(' ')}`)
      expect(found).toEqual([])
      const wide = await page.evaluate(
        'document.documentElement.scrollWidth - document.documentElement.clientWidth',
      )
      expect({ path, width, wide }).toEqual({ path, width, wide: 0 })
    }
  }
  expect(elsewhere).toEqual([])
  expect(forbidden).toEqual([])
})

test('a mail that a server refused is seen, found by its login, tried again, and arrives', async () => {
  const server = await startMailServer(n => (n === 0 ? { code: 550, text: '5.7.1 not from you' } : 'take'))
  const other = await startSparekey({ backend: 'redis', smtpUrls: [server.url] })
  const own = await browser.newPage({ viewport: { width: 1280, height: 900 } })
  try {
    const { secret } = await other.application()
    const body = { login: 'greta@example.com', email: 'greta@example.com' }
    await other.call('POST', '/v1/accounts', { key: secret, body })
    await own.goto(`${other.url}/dashboard/`)
    await own.getByLabel('Operator’s key').fill(other.adminKey)
    await button('Sign in', own).click()
    await own.getByText('Live', { exact: true }).waitFor()
    await other.call('POST', '/v1/reset-requests', { key: secret, body: { login: body.login } })
    // Seen without a touch of the page.
    await own.getByText(/1 refused for good/).waitFor()
    await own.getByRole('link', { name: 'Requests' }).click()
    await own.getByLabel('Login or id').fill(body.login)
    await own.keyboard.press('Enter')
    await own.getByRole('link', { name: body.login }).first().click()
    await own
      .getByText(/not from you/)
      .first()
      .waitFor()
    await button('Try again', own).click()
    await button('Try again', own.getByRole('dialog')).click()
    await server.mail(body.login)
    await own.getByText('Sent', { exact: true }).first().waitFor()
  } finally {
    await own.close()
    await other.close()
    await server.close()
  }
})

test('a session that ended elsewhere leads to the sign-in, with the reason', async () => {
  await sparekey.sql`delete from operator_sessions`
  await go('/requests')
  await page.getByLabel('Operator’s key').waitFor()
  expect(
    (await fetch(`${sparekey.url}/dashboard/requests`)).headers.get('content-security-policy'),
  ).toContain("script-src 'self'")
})
