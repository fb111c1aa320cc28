import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openBrowser } from './support/browser.ts'
import { type Dashboard, openDashboard, soon } from './support/dashboard.ts'
import { type Sparekey, startSparekey, tokenOf } from './support/sparekey.ts'

let sparekey: Sparekey
let browser: Browser
let dashboard: Dashboard
let app: Awaited<ReturnType<Sparekey['application']>>

beforeAll(async () => {
  sparekey = await startSparekey({ backend: 'redis' })
  app = await sparekey.application({ name: 'Acme Notes' })
  browser = await openBrowser()
  dashboard = await openDashboard(browser, sparekey)
})
afterAll(async () => {
  await browser?.close()
  await sparekey?.close()
})

test('a wrong key is refused in words; the right one opens the overview, which tells live figures', async () => {
  const { page, go, button } = dashboard
  await go('/')
  await page.getByLabel('Operator’s key').fill('not the key of this operator')
  await button('Sign in').click()
  await page.getByText('This key is not the operator’s').waitFor()
  await dashboard.signIn()
  await page.getByText('Live', { exact: true }).waitFor()

  const body = { login: 'anna@example.com', email: 'anna@example.com' }
  await sparekey.call('POST', '/v1/accounts', { key: app.secret, body })
  await sparekey.call('POST', '/v1/reset-requests', { key: app.secret, body: { login: body.login } })
  const token = tokenOf(await sparekey.mail(body.login))
  await sparekey.call('POST', '/v1/password-resets', {
    body: { token, password: 'violet kayak hums at dawn' },
  })
  await page.getByRole('row', { name: /Acme Notes 1 1 0 1/ }).waitFor()

  // Killed a minute ago.
  await sparekey.sql`insert into workers (id, host, pid, concurrency, busy, seen_at)
    values ('gone', 'gone.example', 4711, 10, 3, now() - interval '1 minute')`
  await page.getByRole('listitem').filter({ hasText: 'gone.example' }).getByText('Not seen').waitFor()
  await page.getByText('No worker is alive').waitFor({ state: 'detached' })
})

test('“why did she get no mail?” is one search away, with the mail server’s own words', async () => {
  const { page } = dashboard
  await page.getByRole('link', { name: 'Requests' }).click()
  await page.getByLabel('Login or id').fill('anna@example.com')
  await page.keyboard.press('Enter')
  await page.getByRole('link', { name: 'anna@example.com' }).first().click()
  await page.getByText('Accepted').first().waitFor()
  await page.getByText(/250/).first().waitFor()
  expect(await page.content()).not.toMatch(/[A-Za-z0-9_-]{43}/)
})

test('mails are shown as they will look, and a test mail arrives in the brand and language that is shown', async () => {
  const { page, button } = dashboard
  await page.getByRole('link', { name: 'Mails', exact: true }).click()
  const mail = page.frameLocator('iframe').first()
  await mail.getByRole('heading', { name: 'Choose a new password' }).waitFor()
  await page.getByLabel('Deutsch').check()
  await mail.getByRole('heading', { name: 'Neues Passwort wählen' }).waitFor()
  const background = () =>
    page.frameLocator('iframe').locator('body').evaluate('getComputedStyle(document.body).backgroundColor')
  const light = await background()
  await page.getByLabel('Phone').check()
  await page.getByLabel('Dark').check()
  const frame = page.getByTitle(/, dark, 390 pixels wide$/)
  await frame.waitFor()
  await soon(background).not.toBe(light)
  // As wide as a phone, and the whole of it: nothing in it has to be scrolled to.
  expect(await frame.evaluate('document.querySelector("iframe").clientWidth')).toBe(390)
  const beyond = 'document.documentElement.scrollHeight - document.documentElement.clientHeight'
  await soon(() => mail.locator('body').evaluate(beyond)).toBe(0)
  const text = page.getByRole('region', { name: 'Text part' })
  await text.getByText(/^Hallo Anna,/).waitFor()
  await page.getByLabel('Notice').check()
  await mail.getByRole('heading', { name: 'Ihr Passwort wurde geändert' }).waitFor()
  await text.getByText(/wurde .*geändert/).waitFor()
  await page.getByLabel('Reset').check()
  await mail.getByRole('heading', { name: 'Neues Passwort wählen' }).waitFor()

  const [subject = ''] = await page.getByRole('heading', { level: 2, name: /Acme Notes/ }).allTextContents()

  await page.getByLabel('Your address').fill('operator@example.com')
  await button('Send the test').click()
  await page.getByText('On its way to operator@example.com.').waitFor()
  const arrived = await sparekey.mail('operator@example.com')
  expect(arrived.subject).toBe(subject)
  expect(sparekey.mails('operator@example.com')).toHaveLength(1)
  await page.getByRole('link', { name: 'See what becomes of it' }).click()
  await page.getByRole('heading', { level: 1, name: 'operator@example.com' }).waitFor()
  await page.getByText('Sent', { exact: true }).first().waitFor()
})
