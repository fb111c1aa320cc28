import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openBrowser } from './support/browser.ts'
import { type Dashboard, openDashboard, soon } from './support/dashboard.ts'
import { type Sparekey, startSparekey, until } from './support/sparekey.ts'

let sparekey: Sparekey
let browser: Browser
let dashboard: Dashboard

beforeAll(async () => {
  sparekey = await startSparekey({ worker: false })
  browser = await openBrowser()
  dashboard = await openDashboard(browser, sparekey)
  await dashboard.signIn()
})
afterAll(async () => {
  await browser?.close()
  await sparekey?.close()
})

const statusWith = async (key: string, path = '/v1/accounts') =>
  (await sparekey.call('GET', path, { key })).status
/** The text of the secret that is shown. */
async function shownOnce(pattern: RegExp): Promise<string> {
  const shown = dashboard.page.getByText(pattern)
  await shown.waitFor()
  return (await shown.textContent()) ?? ''
}

test('an application is made, its keys are shown once, and they work', async () => {
  const { page, go, button } = dashboard
  await go('/applications/new')
  await page.getByLabel('Name', { exact: true }).fill('Made Here')
  await button(/^Make/).click()
  const secret = await shownOnce(/^sk_[\w-]{43}$/)
  expect(await statusWith(secret)).toBe(200)
  await go('/applications')
  await page.getByRole('link', { name: 'Made Here' }).click()
  await page.getByRole('heading', { level: 1, name: 'Made Here' }).waitFor()
  expect(await page.content()).not.toContain(secret)
})

test('a key is made, shown once, seen to be used, and after its revocation refused', async () => {
  const { page, go, button, dialog } = dashboard
  const { id } = await sparekey.application()
  await go(`/applications/${id}`)
  await button('Make a key').click()
  await page.getByLabel('Name').fill('Help desk')
  await button('Make the key').click()
  const text = await shownOnce(/^sk_[\w-]{43}$/)
  await button('I have kept it').click()
  const row = page.getByRole('row', { name: /Help desk/ })
  await row.getByText('Everything of the application').waitFor()
  expect(await page.content()).not.toContain(text)
  expect(await row.getByRole('cell').nth(1).textContent()).toBe('never')

  expect(await statusWith(text)).toBe(200)
  await until('the use is written down', async () => {
    const { body } = await sparekey.call('GET', `/v1/applications/${id}/keys`, { key: sparekey.adminKey })
    return body.items[0].lastUsedAt
  })
  await page.reload()
  await row.getByRole('cell').nth(1).getByRole('time').waitFor()

  await button(/^Revoke/, row).click()
  await button('Revoke key', dialog).click()
  await row.getByText(/^revoked/).waitFor()
  expect(await statusWith(text)).toBe(401)
})

test('a key of chosen scopes and days may do that and no more, and is listed with both', async () => {
  const { page, go, button, dialog } = dashboard
  const { id } = await sparekey.application()
  await go(`/applications/${id}`)
  await button('Make a key').click()
  await page.getByLabel('Name').fill('Reader')
  await page.getByLabel('Only some of it').check()
  await button('Make the key').click()
  await dialog.getByText('Choose one at least.').waitFor()
  await page.getByLabel('requests:read').check()
  await page.getByLabel('Expires').selectOption('In 30 days')
  await button('Make the key').click()
  const text = await shownOnce(/^sk_[\w-]{43}$/)
  await button('I have kept it').click()
  await page.getByRole('row', { name: /Reader.*Only requests:read/ }).waitFor()

  expect(await statusWith(text, '/v1/reset-requests')).toBe(200)
  expect(await statusWith(text)).toBe(403)
  const { body } = await sparekey.call('GET', `/v1/applications/${id}/keys`, { key: sparekey.adminKey })
  expect(body.items[0]).toMatchObject({ name: 'Reader', scopes: ['requests:read'] })
  const days = (Date.parse(body.items[0].expiresAt) - Date.parse(body.items[0].createdAt)) / 86_400_000
  expect(days).toBeCloseTo(30, 1)

  await sparekey.sql`update api_keys set expires_at = now() where name = 'Reader'`
  await page.reload()
  await page
    .getByRole('row', { name: /Reader/ })
    .getByText('expired', { exact: true })
    .waitFor()
  await until('it is refused', async () =>
    (await statusWith(text, '/v1/reset-requests')) === 401 ? true : undefined,
  )
})

test('what is to be copied says to do it by hand where the page has no clipboard, as on plain http', async () => {
  const { page, go, button } = dashboard
  const { id } = await sparekey.application()
  await go(`/applications/${id}`)
  await page.evaluate("Object.defineProperty(navigator, 'clipboard', { value: undefined })")
  await button('Copy id').click()
  await button('Select and copy it by hand').waitFor()
})

test('every key of an application is listed, however many there are', async () => {
  const { page, go } = dashboard
  const { id } = await sparekey.application()
  const make = () =>
    sparekey.call('POST', `/v1/applications/${id}/keys`, {
      key: sparekey.adminKey,
      body: { kind: 'secret' },
    })
  await Promise.all(Array.from({ length: 105 }, make))
  await go(`/applications/${id}`)
  const rows = page.getByRole('table', { name: /^Keys/ }).locator('tbody tr')
  await rows.first().waitFor()
  // With the two that it was made with.
  expect(await rows.count()).toBe(107)
})

test('an application is deleted once its name was typed, and its keys with it', async () => {
  const { page, go, button, dialog } = dashboard
  const { id, slug, secret } = await sparekey.application({ name: 'Short Lived' })
  await go(`/applications/${id}?tab=settings`)
  await button('Delete application').click()
  await button('Delete for good', dialog).click()
  await dialog.getByText(`That is not “${slug}”.`).waitFor()
  expect(await statusWith(secret)).toBe(200)
  await dialog.getByRole('textbox').fill(slug)
  await button('Delete for good', dialog).click()
  await page.getByText('Short Lived is gone.').waitFor()
  await page.getByRole('heading', { level: 1, name: 'Applications' }).waitFor()
  await page.getByRole('link', { name: 'Short Lived' }).waitFor({ state: 'detached' })
  expect(await statusWith(sparekey.adminKey, `/v1/applications/${id}`)).toBe(404)
  await until('its key is refused', async () => ((await statusWith(secret)) === 401 ? true : undefined))
})

test('everything is reached by the keyboard alone: skip link, menu, tabs, and windows that keep the focus and give it back', async () => {
  const { page, go, dialog } = dashboard
  const { id } = await sparekey.application({ name: 'By Keyboard' })
  const { keyboard } = page
  /** Presses Tab until the focus is there; fails once it has gone round the page. */
  async function tabTo(role: 'link' | 'button', name: string | RegExp) {
    const wanted = page.getByRole(role, { name }).and(page.locator(':focus'))
    for (let i = 0; i < 60; i++) {
      await keyboard.press('Tab')
      if ((await wanted.count()) > 0) return wanted
    }
    throw new Error(`the keyboard does not reach ${name}`)
  }
  const focused = () => page.evaluate('document.activeElement.textContent')

  await go('/')
  await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor()
  await keyboard.press('Tab')
  expect(await focused()).toBe('Skip to the page')
  await keyboard.press('Enter')
  await keyboard.press('Tab')
  expect(await page.evaluate('document.activeElement.closest("main") !== null')).toBe(true)

  await go('/')
  await tabTo('link', /^Applications/)
  await keyboard.press('Enter')
  await soon(focused).toBe('Applications')
  await page.getByRole('link', { name: 'By Keyboard' }).waitFor()
  await tabTo('link', 'By Keyboard')
  await keyboard.press('Enter')
  await soon(() => page.url()).toContain(id)
  await page.getByRole('button', { name: 'Make a key' }).waitFor()

  const opener = await tabTo('button', 'Make a key')
  await keyboard.press('Enter')
  await dialog.waitFor()
  for (let i = 0; i < 15; i++) {
    await keyboard.press(i < 10 ? 'Tab' : 'Shift+Tab')
    const inside =
      'document.activeElement === document.body || document.activeElement.closest("dialog") !== null'
    expect(await page.evaluate(inside)).toBe(true)
  }
  await keyboard.press('Escape')
  await dialog.waitFor({ state: 'detached' })
  await opener.waitFor()

  await keyboard.press('Shift+Tab')
  expect(await focused()).toBe('Changes')
  await keyboard.press('Shift+Tab')
  await keyboard.press('Enter')
  await page.getByRole('button', { name: 'Save settings' }).waitFor()
  expect(await focused()).toBe('Settings')
})
