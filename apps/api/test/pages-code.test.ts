import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { code, createFakeCore, goodPassword, openBrowser, startPages, visit } from './pages-support.ts'

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

const post = (path: string, fields: Record<string, string>) =>
  fetch(site.origin + path, {
    method: 'POST',
    body: new URLSearchParams(fields),
    headers: { Origin: site.origin },
  })

test('without JavaScript the code leads to a new password', async () => {
  const { context, page } = await visit(browser, site.origin, { javaScriptEnabled: false })
  await page.goto(`${site.origin}/reset/acme#${core.mint()}`)
  await page.getByLabel('Email or username').fill('demo@example.com')
  await page.getByLabel('Code from the mail').fill('0000 0000')
  await page.getByRole('button').click()
  await page.getByText('This code can’t be used').waitFor()
  await page.getByLabel('Code from the mail').fill('1234 5678')
  await page.getByRole('button').click()
  await page.getByLabel('New password').fill('passwordpassword')
  await page.getByRole('button', { name: 'Save' }).click()
  await page.getByText('very many people use').waitFor()
  await page.getByLabel('New password').fill(goodPassword)
  await page.getByRole('button', { name: 'Save' }).click()
  await page.getByRole('heading', { name: 'Your password was changed' }).waitFor()
  expect(core.called('exchange').at(-1)?.input).toMatchObject({
    applicationId: 'app_1',
    login: 'demo@example.com',
    code,
  })
  await context.close()
})

test.each([
  ['en-GB', 'Please open the link in our mail again'],
  ['de-DE', 'Bitte öffnen Sie den Link in unserer E‑Mail noch einmal'],
])('without JavaScript and application, %s: no form, but words that help', async (locale, words) => {
  const { context, page } = await visit(browser, site.origin, { javaScriptEnabled: false, locale })
  await page.goto(`${site.origin}/reset#${core.mint()}`)
  await page.getByText(words).waitFor()
  expect(await page.locator('.note').isVisible()).toBe(true)
  expect(await page.locator('form, input, button').count()).toBe(0)
  await context.close()
})

test('a code is looked up within one application or by its request, never by a login alone', async () => {
  const login = 'demo@example.com'
  const nowhere: Record<string, string>[] = [{}, { application: '' }, { application: 'nobody' }]
  for (const fields of nowhere) {
    const refused = await post('/reset/code', { ...fields, login, code })
    expect(refused.status).toBe(400)
    expect(await refused.text()).toContain('The code can’t be used here')
  }
  expect(core.called('exchange')).toEqual([])
  expect((await post('/reset/code', { application: 'acme', login, code })).status).toBe(200)
  expect((await post('/reset/code', { requestId: 'req_1', code })).status).toBe(200)
  const inputs = core.called('exchange').map(({ input }) => input)
  expect(inputs).toEqual([
    expect.objectContaining({ applicationId: 'app_1', login }),
    expect.not.objectContaining({ login: expect.anything() }),
  ])
})

test('by keyboard alone: ask, type the code, set the password; and a reload asks nothing', async () => {
  const { context, page } = await visit(browser, site.origin)
  await page.goto(`${site.origin}/forgot/acme?redirectUrl=https%3A%2F%2Facme.example%2Fin`)
  await page.keyboard.press('Tab')
  await page.keyboard.type('demo@example.com')
  await page.keyboard.press('Tab')
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'Check your mail' }).waitFor()
  await page.waitForURL('**/forgot/acme/sent?request=req_1*')
  await page.reload()
  await page.keyboard.press('Tab')
  await page.keyboard.type(code)
  await page.keyboard.press('Enter')
  await page.getByLabel('New password').waitFor()
  await page.waitForURL('**/reset/acme')
  await page.reload()
  await page.getByLabel('New password').waitFor()
  await page.keyboard.press('Tab')
  await page.keyboard.type(goodPassword)
  await page.keyboard.press('Tab')
  await page.keyboard.press('Space')
  expect(await page.getByRole('button', { name: 'Show password' }).getAttribute('aria-pressed')).toBe('true')
  expect(await page.getByLabel('New password').getAttribute('type')).toBe('text')
  await page.keyboard.press('Tab')
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'Your password was changed' }).waitFor()
  expect(core.called('request')).toHaveLength(1)
  expect(core.called('request')[0]?.input).toMatchObject({
    login: 'demo@example.com',
    redirectUrl: 'https://acme.example/in',
  })
  await context.close()
})
