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
let base: string
/** An application's own server, which knows nobody. */
const asked: { headers: Record<string, string>; body: string }[] = []
const server = createServer(async (request, response) => {
  let body = ''
  for await (const chunk of request) body += chunk
  asked.push({ headers: request.headers as Record<string, string>, body })
  response.writeHead(404).end()
})

beforeAll(async () => {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  sparekey = await startSparekey({ backend: 'redis', env: { WEBHOOK_ALLOW: '127.0.0.1' } })
  browser = await openBrowser()
  dashboard = await openDashboard(browser, sparekey)
  await dashboard.signIn()
})
afterAll(async () => {
  await browser?.close()
  await sparekey?.close()
  server.close()
})

type App = Awaited<ReturnType<Sparekey['application']>>
async function settingsOf(input: object = {}): Promise<App> {
  const app = await sparekey.application(input)
  await dashboard.go(`/applications/${app.id}?tab=settings`)
  await dashboard.page.getByLabel('Human proof').waitFor()
  return app
}
const stored = async ({ id }: App) =>
  (await sparekey.call('GET', `/v1/applications/${id}`, { key: sparekey.adminKey })).body
const sealed = async ({ id }: App) =>
  (await sparekey.sql`select human_proof->'secret' as secret from applications where id = ${id}`)[0]?.secret
const ask = (key: string) =>
  sparekey.call('POST', '/v1/reset-requests', { key, body: { login: 'nobody@example.com' } })
async function save() {
  const { page, button } = dashboard
  const done = page.waitForResponse(each => each.request().method() === 'PATCH')
  await button('Save settings').click()
  expect((await done).status()).toBe(200)
  await page.locator('button[aria-disabled]').waitFor({ state: 'detached' })
}
async function directorySecret(): Promise<string> {
  const shown = dashboard.page.getByText(/^whsec_\S+$/)
  await shown.waitFor()
  return (await shown.textContent()) ?? ''
}

test('brand, senders, origins and dialects are set, each kept as it was typed, and nothing else with them', async () => {
  const { page, button } = dashboard
  const app = await settingsOf({ redirectOrigins: ['https://old.example.com'] })
  const before = await stored(app)
  const field = (label: string) => page.getByLabel(label, { exact: true })
  await field('Color').fill('teal-ish')
  await button('Save settings').click()
  await page.locator('[name="brand.color"][aria-invalid=true]').waitFor()
  expect(await stored(app)).toEqual(before)

  await field('Color').fill('#0f766e')
  await field('Logo').fill('https://cdn.example.com/logo.png')
  await field('Support email').fill('help@acme.example')
  await field('Postal address').fill('Acme Inc.\n1 Main Street')
  await field('Sender').fill('Acme <no-reply@acme.example>')
  await field('Answers go to').fill('answers@acme.example')
  await field('Origins').fill('https://app.example.com\nhttps://www.example.com')
  for (const name of ['akinon', 'nile']) await page.getByLabel(name, { exact: true }).uncheck()
  await save()
  const after = await stored(app)
  expect(after).toEqual({
    ...before,
    brand: {
      color: '#0f766e',
      logoUrl: 'https://cdn.example.com/logo.png',
      supportEmail: 'help@acme.example',
      address: 'Acme Inc.\n1 Main Street',
    },
    from: 'Acme <no-reply@acme.example>',
    replyTo: 'answers@acme.example',
    redirectOrigins: ['https://app.example.com', 'https://www.example.com'],
    dialects: ['payabli', 'platform', 'autoshares'],
  })
  await field('Logo').fill('')
  await field('Sender').fill('')
  await page.getByLabel('nile', { exact: true }).check()
  await save()
  const { logoUrl: _, ...brand } = after.brand
  const { from: __, ...rest } = after
  expect(await stored(app)).toEqual({
    ...rest,
    brand,
    dialects: expect.arrayContaining(['payabli', 'nile', 'platform', 'autoshares']),
  })
})

test("a vendor's proof is asked for; its secret is never shown again and stays where none is typed", async () => {
  const { page, button } = dashboard
  const app = await settingsOf()
  expect(await page.getByLabel('Site key').count()).toBe(0)
  await page.getByLabel('Human proof').selectOption('Cloudflare Turnstile')
  await page.getByLabel('Site key').fill('not a key')
  await page.getByLabel('Secret', { exact: true }).fill('vendor-secret-1')
  await button('Save settings').click()
  const siteKey = page.getByLabel('Site key')
  await page.getByText("must be the vendor's site key").first().waitFor()
  expect(await siteKey.getAttribute('aria-invalid')).toBe('true')
  expect(await siteKey.evaluate('document.activeElement?.getAttribute("name")')).toBe('humanProof.siteKey')
  expect((await stored(app)).humanProof).toBeUndefined()

  await siteKey.fill('0x4AAA-1')
  await save()
  expect((await stored(app)).humanProof).toEqual({ kind: 'turnstile', siteKey: '0x4AAA-1' })
  expect(await ask(app.publishable)).toMatchObject({ status: 403, body: { code: 'human_proof_required' } })
  expect(await page.getByLabel('Secret', { exact: true }).inputValue()).toBe('')
  await page.getByText('Empty: the one that is kept stays').waitFor()

  const first = await sealed(app)
  expect(first).toBeTruthy()
  await siteKey.fill('0x4AAA-2')
  await save()
  expect((await stored(app)).humanProof).toEqual({ kind: 'turnstile', siteKey: '0x4AAA-2' })
  expect(await sealed(app)).toEqual(first)
  await page.getByLabel('Secret', { exact: true }).fill('vendor-secret-2')
  await save()
  expect(await sealed(app)).not.toEqual(first)
  expect(await page.content()).not.toContain('vendor-secret')
})

test('another vendor needs keys of its own; proof of work and none need no keys, and none lets browsers ask', async () => {
  const { page, button } = dashboard
  const app = await settingsOf({
    humanProof: { kind: 'turnstile', siteKey: '0x4AAA', secret: 'vendor-secret' },
  })
  expect(await page.getByLabel('Site key').inputValue()).toBe('0x4AAA')
  await page.getByLabel('Human proof').selectOption('hCaptcha')
  expect(await page.getByLabel('Site key').inputValue()).toBe('')
  await page.getByLabel('Site key').fill('10000000-ffff')
  await button('Save settings').click()
  // The browser asks for it, and nothing is sent.
  expect(await page.locator('[name="humanProof.secret"]:invalid').count()).toBe(1)
  expect((await stored(app)).humanProof.kind).toBe('turnstile')

  await page.getByLabel('Human proof').selectOption('ALTCHA')
  await save()
  expect((await stored(app)).humanProof).toEqual({ kind: 'altcha' })
  expect((await ask(app.publishable)).status).toBe(403)
  await page.getByLabel('Human proof').selectOption('None')
  await save()
  expect((await stored(app)).humanProof).toBeUndefined()
  await until('browsers may ask', async () =>
    (await ask(app.publishable)).status === 202 ? true : undefined,
  )
})

test('how many requests in a minute are suspected is set, and nothing else with it', async () => {
  const { page, button } = dashboard
  const app = await settingsOf({ humanProof: { kind: 'altcha' }, directoryUrl: `${base}/kept` })
  const before = await stored(app)
  const field = page.getByLabel('Requests before suspicion, a minute')
  expect(await field.inputValue()).toBe('100')
  await field.fill('250')
  await save()
  const limits = { ...before.limits, suspectRequestsMinute: 250 }
  expect(await stored(app)).toEqual({ ...before, limits })
  await button('Save settings').click()
  await page.getByText('Nothing was changed.').waitFor()
})

test("an application's own server is set; the secret it is asked with is shown once, and made anew", async () => {
  const { page, button, dialog } = dashboard
  const app = await settingsOf()
  expect(await button('New directory secret').count()).toBe(0)
  await page.getByLabel('Directory', { exact: true }).selectOption('http')
  const url = page.getByLabel('Directory URL')
  await url.fill('http://app.example.com/sparekey')
  await button('Save settings').click()
  await page.getByText('must be an https URL without user or fragment').first().waitFor()
  expect(await url.getAttribute('aria-invalid')).toBe('true')
  expect((await stored(app)).directory).toBe('builtin')

  await url.fill(`${base}/sparekey`)
  await button('Save settings').click()
  const first = await directorySecret()
  await button('I have kept it').click()
  expect(await page.content()).not.toContain(first)
  expect(await stored(app)).toMatchObject({ directory: 'http', directoryUrl: `${base}/sparekey` })
  await ask(app.secret)
  const call = await until('the server is asked', () => asked[0])
  expect(new Webhook(first).verify(call.body, call.headers)).toMatchObject({ type: 'directory.find_account' })

  await button('New directory secret').click()
  await button('Make the secret', dialog).click()
  const second = await directorySecret()
  expect(second).not.toBe(first)
  await button('I have kept it').click()
  await sparekey.call('POST', '/v1/reset-requests', {
    key: app.secret,
    body: { login: 'another@example.com' },
  })
  const { body, headers } = await until('it is asked again', () =>
    asked.find(each => each.body.includes('another@')),
  )
  for (const each of [first, second]) expect(new Webhook(each).verify(body, headers)).toBeTruthy()

  await page.getByLabel('Directory', { exact: true }).selectOption('builtin')
  await save()
  expect(await stored(app)).toMatchObject({ directory: 'builtin', directoryUrl: `${base}/sparekey` })
})

test('an application with its own server is made, and the secret is shown beside its keys', async () => {
  const { page, go, button } = dashboard
  await go('/applications/new')
  await page.getByLabel('Name', { exact: true }).fill('Asked Outside')
  await page.getByLabel('Directory', { exact: true }).selectOption('http')
  await page.getByLabel('Directory URL').fill(`${base}/fresh`)
  await button(/^Make/).click()
  const secret = await directorySecret()
  const key = (await page.getByText(/^sk_[\w-]{43}$/).textContent()) ?? ''
  await sparekey.call('POST', '/v1/reset-requests', { key, body: { login: 'fresh@example.com' } })
  const { body, headers } = await until('it is asked', () => asked.find(each => each.body.includes('fresh@')))
  expect(new Webhook(secret).verify(body, headers)).toMatchObject({ type: 'directory.find_account' })
})
