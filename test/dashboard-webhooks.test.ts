import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Browser } from 'playwright-core'
import { Webhook } from 'standardwebhooks'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openBrowser } from './support/browser.ts'
import { type Dashboard, openDashboard } from './support/dashboard.ts'
import { type Sparekey, startSparekey, until } from './support/sparekey.ts'

let sparekey: Sparekey
let browser: Browser
let dashboard: Dashboard
let app: Awaited<ReturnType<Sparekey['application']>>
let base: string
const told: { headers: Record<string, string>; body: string }[] = []
let answer = 204
const receiver = createServer(async (request, response) => {
  let body = ''
  for await (const chunk of request) body += chunk
  told.push({ headers: request.headers as Record<string, string>, body })
  response.writeHead(answer).end()
})

beforeAll(async () => {
  receiver.listen(0, '127.0.0.1')
  await once(receiver, 'listening')
  base = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}`
  sparekey = await startSparekey({ backend: 'redis', env: { WEBHOOK_ALLOW: '127.0.0.1' } })
  app = await sparekey.application({ name: 'Acme Notes' })
  browser = await openBrowser()
  dashboard = await openDashboard(browser, sparekey)
  await dashboard.signIn()
  await dashboard.visit(`/applications/${app.id}`)
  await dashboard.page.getByRole('link', { name: 'Webhooks', exact: true }).click()
})
afterAll(async () => {
  await browser?.close()
  await sparekey?.close()
  receiver.close()
})

const ask = () =>
  sparekey.call('POST', '/v1/reset-requests', { key: app.secret, body: { login: 'nobody@example.com' } })
const nthTold = (n: number) => until(`event ${n}`, () => told[n - 1])
async function shownSecret(): Promise<string> {
  const shown = dashboard.page.getByText(/^whsec_\S+$/)
  await shown.waitFor()
  return (await shown.textContent()) ?? ''
}
let secret: string

test('an endpoint is added, and what it is told is signed with the secret that is shown once', async () => {
  const { page, button, dialog } = dashboard
  await page.getByText('No endpoint').waitFor()
  await button('Add an endpoint').click()
  await page.getByLabel('URL').fill('https://user@app.example.com/hooks')
  await button('Add the endpoint').click()
  await dialog.getByText('must be an http(s) URL without user or fragment').waitFor()
  await page.getByLabel('URL').fill(`${base}/hooks`)
  for (const name of await dialog.getByRole('checkbox').all()) await name.uncheck()
  await dialog.getByLabel('reset.accepted').check()
  await button('Add the endpoint').click()
  secret = await shownSecret()
  await button('I have kept it').click()
  await page.getByRole('heading', { name: `${base}/hooks` }).waitFor()
  await page.getByText(/^reset\.accepted · made/).waitFor()
  expect(await page.content()).not.toContain(secret)

  await ask()
  const { body, headers } = await nthTold(1)
  expect(new Webhook(secret).verify(body, headers)).toMatchObject({ type: 'reset.accepted' })
})

test('its deliveries are listed with what came of them and of each try, and one is replayed with the same id', async () => {
  const { page, button } = dashboard
  await button(/^Deliveries/).click()
  const row = page.getByRole('row', { name: /reset\.accepted.*It answered 204.*Delivered/ })
  await row.waitFor()
  await button(/^Tries of msg/, row).click()
  const tries = page.getByRole('list', { name: /^Tries of msg_/ })
  await tries.getByText('It answered 204.').waitFor()
  await tries.getByText(/^\d+ ms$/).waitFor()
  await button(/^Replay/, row).click()
  const { headers } = await nthTold(2)
  expect(headers['webhook-id']).toBe(told[0]?.headers['webhook-id'])
  await page.getByText('It is delivered once more.').waitFor()
  await tries.getByText('It answered 204.').nth(1).waitFor()
  expect(await tries.getByRole('listitem').count()).toBe(2)
  await button(/^Hide tries/, row).click()
  await tries.waitFor({ state: 'detached' })
})

test('its secret is rotated after a confirmation; old and new one sign side by side', async () => {
  const { button, dialog } = dashboard
  await button(/^Rotate secret/).click()
  await button('Rotate secret', dialog).click()
  const fresh = await shownSecret()
  expect(fresh).not.toBe(secret)
  await button('I have kept it').click()
  await ask()
  const { body, headers } = await nthTold(3)
  for (const each of [secret, fresh]) expect(new Webhook(each).verify(body, headers)).toBeTruthy()
})

test('one that was switched off for failing is told on the overview and its application, and switched on again', async () => {
  const { page, button, dialog, visit } = dashboard
  answer = 410
  await ask()
  await nthTold(4)
  await until('it is off', async () => {
    const { body } = await sparekey.call('GET', '/v1/webhooks?failed=true', { key: sparekey.adminKey })
    return body.items[0]
  })
  await visit('/')
  const note = page.getByRole('region', { name: 'Webhooks that were switched off' })
  await note.getByText(/it answered 410 Gone/).waitFor()
  await note.getByRole('link', { name: 'Acme Notes' }).click()
  await page.getByRole('heading', { level: 1, name: 'Acme Notes' }).waitFor()
  await note.waitFor()
  await page.getByText('Switched off', { exact: true }).waitFor()

  answer = 204
  await button(/^Switch on again/).click()
  await button('Switch on', dialog).click()
  await page.getByText('On', { exact: true }).waitFor()
  await note.waitFor({ state: 'detached' })
  const before = told.length
  await ask()
  await nthTold(before + 1)
})

test('it is changed, switched off by hand without a notice, and deleted after a confirmation', async () => {
  const { page, button, dialog } = dashboard
  await button(/^Change of/).click()
  await page.getByLabel('URL').fill(`${base}/elsewhere`)
  await button('Save').click()
  await page.getByRole('heading', { name: `${base}/elsewhere` }).waitFor()
  await button(/^Switch off/).click()
  await button('Switch off', dialog).click()
  await page.getByText('Switched off by hand.').waitFor()
  await page.getByRole('region', { name: 'Webhooks that were switched off' }).waitFor({ state: 'detached' })

  await button(/^Delete of/).click()
  await button('Delete endpoint', dialog).click()
  await page.getByText('No endpoint').waitFor()
  const { body } = await sparekey.call('GET', '/v1/webhooks', { key: app.secret })
  expect(body.items).toEqual([])
})
