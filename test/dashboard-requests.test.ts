import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openBrowser } from './support/browser.ts'
import { type Dashboard, openDashboard, soon } from './support/dashboard.ts'
import { startLine } from './support/line.ts'
import { startMailServer } from './support/mail-server.ts'
import { codeOf, type Sparekey, startSparekey, tokenOf } from './support/sparekey.ts'

type App = Awaited<ReturnType<Sparekey['application']>>

const timeZone = 'Asia/Kolkata'
const password = 'violet kayak hums at dawn'
let mailServer: Awaited<ReturnType<typeof startMailServer>>
/** From the worker to the mail server. */
let line: Awaited<ReturnType<typeof startLine>>
let sparekey: Sparekey
let acme: App
let globex: App
let browser: Browser
let dashboard: Dashboard

beforeAll(async () => {
  let refused = false
  mailServer = await startMailServer((_, to) => {
    if (refused || !to.startsWith('greta')) return 'take'
    refused = true
    return { code: 550, text: '5.7.1 not from you' }
  })
  line = await startLine(mailServer.url)
  sparekey = await startSparekey({ backend: 'redis', smtpUrls: [line.url.replace('http', 'smtp')] })
  acme = await sparekey.application({ name: 'Acme Notes' })
  globex = await sparekey.application({ name: 'Globex Shop' })
  browser = await openBrowser()
  dashboard = await openDashboard(browser, sparekey, { locale: 'en-GB', timezoneId: timeZone })
  await dashboard.signIn()
})
afterAll(async () => {
  await browser?.close()
  await sparekey?.close()
  await line?.close()
  await mailServer?.close()
})

/** Somebody with an account asks; resolves to the request's id. */
async function ask(name: string, { secret: key }: App = acme): Promise<string> {
  const login = `${name}@example.com`
  await sparekey.call('POST', '/v1/accounts', { key, body: { login, email: login } })
  return (await sparekey.call('POST', '/v1/reset-requests', { key, body: { login } })).body.id
}
const mailOf = (name: string, nth = 0) => mailServer.mail(`${name}@example.com`, nth)
const tokenIn = async (name: string, nth = 0) => tokenOf(await mailOf(name, nth))
const peek = async (token: string) =>
  (await sparekey.call('POST', '/v1/reset-tokens/peek', { body: { token } })).status
const badge = (words: string | RegExp) =>
  dashboard.page.getByRole('region', { name: 'Mail servers' }).getByText(words)
/** The logins that the list shows, once it has been read. */
const listed = () => dashboard.page.getByRole('table').getByRole('link').allTextContents()

test('a mail server that nobody has asked yet is shown, and says so', async () => {
  await badge(line.url.replace('http://', '')).waitFor()
  await badge('Not asked').waitFor()
  await badge('Nothing was handed to it in this window.').waitFor()
})

test('a mail that a server refused is seen, found by its login, tried again, and arrives', async () => {
  const { page, visit, button, dialog } = dashboard
  await visit('/?window=5m')
  await ask('greta')
  // Seen without a touch of the page.
  await badge(/1 refused for good/).waitFor()
  await badge('Refuses much').waitFor()
  await page.getByRole('link', { name: 'Requests' }).click()
  await page.getByLabel('Login or id').fill('greta@example.com')
  await page.keyboard.press('Enter')
  await page.getByRole('link', { name: 'greta@example.com' }).first().click()
  await page
    .getByText(/not from you/)
    .first()
    .waitFor()
  await button('Try again').click()
  await button('Try again', dialog).click()
  await mailOf('greta')
  await page.getByText('Sent', { exact: true }).first().waitFor()
})

test('the list shows what comes in, and a request’s page what becomes of it, up to the notice, untouched', async () => {
  const { page, visit } = dashboard
  await visit('/requests')
  await page.getByRole('link', { name: 'greta@example.com' }).waitFor()
  await ask('hanna')
  const row = page.getByRole('row', { name: /hanna@example\.com Sent/ })
  await row.waitFor()
  await row.getByRole('link').click()
  await page.getByText('The link has not been used yet.').waitFor()

  const mail = await mailOf('hanna')
  const body = { token: tokenOf(mail), password }
  expect((await sparekey.call('POST', '/v1/password-resets', { body })).status).toBe(200)
  await page.getByText('A new password was set with it.').waitFor()
  await page.getByText('Notice: taken by the mail server').waitFor()
  const shown = await page.content()
  for (const secret of [tokenOf(mail), codeOf(mail), acme.secret, acme.publishable, sparekey.adminKey])
    expect(shown).not.toContain(secret)
})

test('a request is cancelled after a question: its link is void', async () => {
  const { page, visit, button, dialog } = dashboard
  const id = await ask('iris')
  const token = await tokenIn('iris')
  await visit(`/requests/${id}`)
  await button('Cancel request').click()
  await button('Keep as it is', dialog).click()
  expect(await peek(token)).toBe(200)
  await button('Cancel request').click()
  await button('Cancel request', dialog).click()
  await page.getByText('The request is cancelled.').waitFor()
  await page.getByText('It was taken back. Its link does not work.').waitFor()
  expect(await peek(token)).toBe(410)
})

test('a mail is sent again after a question: it has a new link, and the old one is void', async () => {
  const { page, visit, button, dialog } = dashboard
  const id = await ask('jonas')
  const first = await tokenIn('jonas')
  await visit(`/requests/${id}`)
  await button('Send again').click()
  await button('Send again', dialog).click()
  await page.getByText('The mail goes out again.').waitFor()
  const second = await tokenIn('jonas', 1)
  expect(await peek(first)).toBe(410)
  expect(await peek(second)).toBe(200)
})

test('requests are found by status, application, dialect, time and id', async () => {
  const { page, visit, button } = dashboard
  const globexId = await ask('karl', globex)
  await sparekey.call('POST', '/v1/reset-requests', {
    key: acme.secret,
    body: { login: 'nobody@example.com' },
  })
  const posted = await fetch(`${sparekey.url}/compat/akinon/api/v1/auth/generate-reset-token`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${acme.secret}` },
    body: JSON.stringify({ username: 'hanna@example.com' }),
  })
  expect(posted.status).toBe(201)

  await visit('/requests')
  const count = 7
  await soon(async () => (await listed()).length).toBe(count)
  await page.getByLabel('Status').selectOption('Ignored')
  await soon(listed).toContain('nobody@example.com')
  expect(await listed()).not.toContain('karl@example.com')
  expect(page.url()).toContain('status=ignored')
  await button('Clear all filters').click()
  await page.getByLabel('Application').selectOption('Globex Shop')
  await soon(listed).toEqual(['karl@example.com'])
  await button('Clear all filters').click()
  await page.getByLabel('Dialect').selectOption('akinon')
  await soon(listed).toEqual(['hanna@example.com'])
  await button('Clear all filters').click()
  await soon(async () => (await listed()).length).toBe(count)

  await page.getByLabel('Time').selectOption('Last hour')
  await soon(async () => (await listed()).length).toBe(count)
  await page.getByLabel('Time').selectOption('Between…')
  const between = async (field: 'From' | 'To', hours: number) => {
    // In the viewer's own zone.
    const local = new Date(Date.now() + hours * 3_600_000).toLocaleString('sv', { timeZone })
    await page.getByLabel(field).fill(local.slice(0, 16).replace(' ', 'T'))
    await page.getByLabel(field).blur()
  }
  await between('From', 1)
  await page.getByText('Nothing fits this search').waitFor()
  await between('From', -1)
  await soon(async () => (await listed()).length).toBe(count)
  await between('To', -0.5)
  await page.getByText('Nothing fits this search').waitFor()
  await between('To', 1)
  await soon(async () => (await listed()).length).toBe(count)

  await page.getByLabel('Login or id').fill(globexId)
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { level: 1, name: 'karl@example.com' }).waitFor()
})

test('older pages stand still, until they are asked for anew', async () => {
  const { page, visit, button } = dashboard
  await Promise.all(
    Array.from({ length: 50 }, (_, i) =>
      sparekey.call('POST', '/v1/reset-requests', {
        key: acme.secret,
        body: { login: `stranger${i}@example.com` },
      }),
    ),
  )
  await visit('/requests')
  await button('Show more').click()
  await page.getByRole('link', { name: 'greta@example.com' }).waitFor()
  await ask('lena')
  await button('Refresh').click()
  await page.getByRole('link', { name: 'lena@example.com' }).waitFor()
})

test('times are in the viewer’s zone, and in UTC where one is pointed at or the keyboard is at it', async () => {
  const { page, visit } = dashboard
  const { items } = (await sparekey.call('GET', '/v1/reset-requests?limit=1', { key: acme.secret })).body
  const { id, login, createdAt } = items[0]
  const inZone = (options: Intl.DateTimeFormatOptions) =>
    new Intl.DateTimeFormat('en-GB', { ...options, timeZone }).format(new Date(createdAt))
  const tip = page.getByRole('tooltip', { name: `${createdAt.slice(0, 19).replace('T', ' ')} UTC` })
  await visit('/requests')
  // Its row's link covers it.
  await page
    .getByRole('row', { name: new RegExp(login) })
    .getByText(inZone({ timeStyle: 'medium' }))
    .last()
    .hover({ force: true })
  await tip.waitFor()
  await page.mouse.move(0, 0)
  await tip.waitFor({ state: 'hidden' })
  await page.getByRole('link', { name: login }).focus()
  await tip.waitFor()
  await page.keyboard.press('Escape')
  await tip.waitFor({ state: 'hidden' })

  await visit(`/requests/${id}`)
  const time = page.getByText(inZone({ dateStyle: 'medium', timeStyle: 'medium' })).first()
  await time.hover()
  await tip.waitFor()
  await page.mouse.move(0, 0)
  await page.getByRole('link', { name: 'Acme Notes' }).focus()
  await page.keyboard.press('Tab')
  await tip.waitFor()
})

test('what lies behind very many requests that do not fit is found by searching further back', async () => {
  const { page, visit, button } = dashboard
  // Older than all others by their ids, and the one that is searched for the oldest of them.
  await sparekey.sql`
    insert into reset_requests (id, application_id, dialect, login, login_key, client, status, deliver_before, ended_at)
      select 'req_0' || lpad(n::text, 25, '0'), ${globex.id}, 'sparekey', 'olga' || n, 'olga' || n, '{}',
        case n when 0 then 'expired' else 'used' end, now(), now()
      from generate_series(0, 20000) n`
  await visit('/requests?status=expired')
  await page.getByText('Nothing fits among the newest requests').waitFor()
  await button('Search further back').click()
  await soon(listed).toEqual(['olga0'])
  await button('Search further back').waitFor({ state: 'detached' })
})

test('a mail server that is down is seen at once and by itself, and so is its coming back', async () => {
  const { page, visit } = dashboard
  const waiting = async () =>
    Number(
      await page
        .locator('dt', { hasText: /^Waiting$/ })
        .first()
        .locator('+ dd')
        .textContent(),
    )
  await visit('/?window=5m')
  await badge('Well').waitFor()
  await page.evaluate('window.untouched = true')
  const people = Array.from({ length: 12 }, (_, i) => `mona${i}`)
  line.cut()
  for (const name of people) await ask(name)
  await badge(/Hard to reach|Out of reach/).waitFor()
  await badge(/\d+ not reached/).waitFor()
  await soon(waiting).toBe(people.length)

  line.mend()
  for (const name of people) await mailOf(name)
  for (const name of people) await ask(`after-${name}`)
  await badge('Well').waitFor()
  await soon(waiting).toBe(0)
  expect(await page.evaluate('window.untouched')).toBe(true)
}, 60_000)
