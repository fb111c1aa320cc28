import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openBrowser, shoot } from './support/browser.ts'
import { codeOf, linkOf, type Sparekey, startSparekey, tokenOf } from './support/sparekey.ts'

let sparekey: Sparekey
let browser: Browser
let app: Awaited<ReturnType<Sparekey['application']>>

beforeAll(async () => {
  sparekey = await startSparekey({ backend: 'postgres' })
  browser = await openBrowser()
  app = await sparekey.application()
})
afterAll(async () => {
  await browser?.close()
  await sparekey?.close()
})

async function account(email: string) {
  await sparekey.call('POST', '/v1/accounts', { key: app.secret, body: { login: email, email } })
}
const valid = async (login: string, password: string) =>
  (await sparekey.call('POST', '/v1/accounts/verify', { key: app.secret, body: { login, password } })).body
    .valid

test('a person asks on the hosted page, follows the mailed link, sets a password, and the link is spent', async () => {
  const email = 'greta@example.com'
  await account(email)
  const page = await browser.newPage({ viewport: { width: 390, height: 844 } })
  const elsewhere: string[] = []
  page.on('request', request => {
    if (!request.url().startsWith(sparekey.url)) elsewhere.push(request.url())
  })
  await page.goto(`${sparekey.url}/forgot/${app.slug}`)
  await page.getByRole('textbox').fill(email)
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { level: 1 }).filter({ hasText: /mail/i }).waitFor()
  const mail = await sparekey.mail(email)
  const link = linkOf(mail)
  expect(link).toBe(`${sparekey.url}/reset/${app.slug}#${tokenOf(mail)}`)

  await page.goto(link)
  await page.locator('input[autocomplete="new-password"]').fill('violet kayak hums at dawn')
  await shoot(page, 'link-password')
  await page.keyboard.press('Enter')
  await page
    .getByRole('heading', { level: 1 })
    .filter({ hasText: /changed|set|done/i })
    .waitFor()
  await shoot(page, 'link-done')
  expect(await valid(email, 'violet kayak hums at dawn')).toBe(true)
  expect((await sparekey.mail(email, 1)).subject).toMatch(/changed/i)

  await page.goto('about:blank')
  await page.goto(link)
  await page
    .getByText(/can.t be used/)
    .first()
    .waitFor()
  await shoot(page, 'link-spent')
  expect(elsewhere.filter(url => !url.startsWith('about:'))).toEqual([])
  await page.close()
})

test('with script off the code from the mail leads to the same end', async () => {
  const email = 'jo@example.com'
  await account(email)
  const context = await browser.newContext({ javaScriptEnabled: false })
  const page = await context.newPage()
  await page.goto(`${sparekey.url}/forgot/${app.slug}`)
  await page.locator('input[autocomplete="username"]').fill(email)
  await page.locator('main button[type="submit"]').click()
  const mail = await sparekey.mail(email)
  await page.goto(linkOf(mail))
  await page.locator('input[autocomplete="username"]').fill(email)
  await page.locator('input[autocomplete="one-time-code"]').fill(codeOf(mail))
  await page.locator('main button[type="submit"]').click()
  await page.locator('input[autocomplete="new-password"]').fill('amber fox tends nine lamps')
  await page.locator('main button[type="submit"]').click()
  await page.getByRole('heading', { level: 1 }).waitFor()
  expect(await valid(email, 'amber fox tends nine lamps')).toBe(true)
  await context.close()
})

test('a scanner that opens the link twenty times uses nothing up', async () => {
  const email = 'scan@example.com'
  await account(email)
  await sparekey.call('POST', '/v1/reset-requests', { key: app.publishable, body: { login: email } })
  const mail = await sparekey.mail(email)
  for (let i = 0; i < 20; i++) {
    for (const method of ['GET', 'HEAD', 'OPTIONS']) await fetch(linkOf(mail), { method })
  }
  expect(
    (await sparekey.call('POST', '/v1/reset-tokens/peek', { body: { token: tokenOf(mail) } })).status,
  ).toBe(200)
})
