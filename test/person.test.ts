import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openBrowser } from './support/browser.ts'
import { type Deployment, deploy } from './support/deployment.ts'

let deployment: Deployment
let browser: Browser

beforeAll(async () => {
  deployment = await deploy()
  browser = await openBrowser()
})
afterAll(async () => {
  await browser?.close()
  await deployment?.close()
})

test('a code with the dashes that a phone makes of a hyphen is read by the built program, too', async () => {
  const { call, adminKey, apis } = deployment
  const made = await call('POST', '/v1/applications', { key: adminKey, body: { name: 'Dashes' } })
  const answer = await fetch(`${apis[0].url}/reset/code`, {
    method: 'POST',
    headers: { origin: apis[0].url },
    body: new URLSearchParams({ application: made.body.slug, login: 'nobody', code: '1234\u20135678' }),
  })
  // Wrong, and not malformed.
  expect(answer.status).toBe(410)
})

test('by API, worker, Postgres, Redis and SMTP server a person gets a link, sets a password, and the link is spent', async () => {
  const { call, mailServer, adminKey } = deployment
  const email = 'greta@example.com'
  const made = await call('POST', '/v1/applications', { key: adminKey, body: { name: 'Acme' } })
  expect(made.status).toBe(201)
  const { keys } = made.body
  const account = { login: 'greta', email }
  expect((await call('POST', '/v1/accounts', { key: keys.secret, body: account })).status).toBe(201)
  const verify = async (password: string) => {
    const body = { login: account.login, password }
    return (await call('POST', '/v1/accounts/verify', { key: keys.secret, body })).body.valid
  }
  expect(await verify('violet kayak hums at dawn')).toBe(false)

  const asked = await call('POST', '/v1/reset-requests', {
    key: keys.publishable,
    body: { login: account.login },
  })
  expect(asked).toMatchObject({ status: 202, body: { status: 'accepted' } })
  const mail = await mailServer.mail(email)
  const page = await browser.newPage({ viewport: { width: 390, height: 844 } })
  await page.setContent(mail.html ?? '')
  const link = (await page.locator('a[href*="/reset"]').first().getAttribute('href')) ?? ''
  expect(link.startsWith(`${deployment.apis[0].url}/reset`)).toBe(true)
  expect(link).toMatch(/#[\w-]{43}$/)
  expect(mail.text).toContain(link)

  await page.goto(link)
  await page.locator('input[autocomplete="new-password"]').fill('violet kayak hums at dawn')
  await page.keyboard.press('Enter')
  await page
    .getByRole('heading', { level: 1 })
    .filter({ hasText: /changed|set|done/i })
    .waitFor()
  const notice = await mailServer.mail(email, 1)
  expect(notice.subject).toMatch(/changed/i)
  expect(notice.text).not.toMatch(/#[\w-]{43}/)
  expect(await verify('violet kayak hums at dawn')).toBe(true)

  await page.goto('about:blank')
  await page.goto(link)
  await page
    .getByText(/can.t be used/)
    .first()
    .waitFor()
  expect(mailServer.seen).toHaveLength(2)
})
