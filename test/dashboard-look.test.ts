import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openBrowser, shoot } from './support/browser.ts'
import { flawsOf, openDashboard, settled } from './support/dashboard.ts'
import { startLine } from './support/line.ts'
import { startMailServer } from './support/mail-server.ts'
import { type Sparekey, startSparekey, until } from './support/sparekey.ts'

let sparekey: Sparekey
let browser: Browser
let mailServer: Awaited<ReturnType<typeof startMailServer>>
/** Every page of the dashboard, and what is done on it before its picture is taken. */
const pages: { name: string; path: string; act?: (page: Page) => Promise<unknown> }[] = []
/** A webhook receiver: what is sent to /gone is not there any more. */
const receiver = createServer((request, response) => {
  request.resume()
  response.writeHead(request.url === '/gone' ? 410 : 204).end()
})

beforeAll(async () => {
  receiver.listen(0, '127.0.0.1')
  await once(receiver, 'listening')
  const hooks = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}`
  mailServer = await startMailServer((_, to) =>
    to.startsWith('greta') ? { code: 550, text: '5.1.1 no such mailbox here' } : 'take',
  )
  sparekey = await startSparekey({
    backend: 'redis',
    smtpUrls: [mailServer.url],
    env: { WEBHOOK_ALLOW: '127.0.0.1' },
  })
  const admin = (method: string, path: string, body?: unknown) =>
    sparekey.call(method, path, { key: sparekey.adminKey, ...(body ? { body } : {}) })
  const app = await sparekey.application({ name: 'Acme Notes', brand: { color: '#2563eb' } })
  await sparekey.application({ name: 'Globex Shop', brand: { color: '#b45309' }, directory: 'caller' })
  const asked = await sparekey.application({
    name: 'Initech Portal',
    brand: { color: '#7c3aed' },
    directory: 'http',
    directoryUrl: 'https://portal.initech.example/sparekey',
    humanProof: { kind: 'turnstile', siteKey: '0x4AAAAAAADnPIDROrmt1Wwj', secret: 'a secret of the vendor' },
  })
  await admin('POST', `/v1/applications/${app.id}/keys`, {
    kind: 'secret',
    name: 'Help desk',
    scopes: ['requests:read'],
    expiresAt: '2100-01-01T00:00:00Z',
  })
  for (const path of ['/gone', '/hooks/sparekey']) {
    const body = { url: hooks + path, ...(path === '/gone' ? { events: ['reset.accepted'] } : {}) }
    await admin('POST', `/v1/webhooks?applicationId=${app.id}`, body)
  }
  const key = app.secret
  let failed = ''
  for (const name of ['anna', 'bruno', 'clara', 'dmitri', 'greta']) {
    const login = `${name}@example.com`
    await sparekey.call('POST', '/v1/accounts', { key, body: { login, email: login } })
    const { body } = await sparekey.call('POST', '/v1/reset-requests', { key, body: { login } })
    await sparekey.status(body.id, key, 'sent', 'failed')
    if (name === 'greta') failed = body.id
  }
  await sparekey.call('POST', '/v1/reset-requests', { key, body: { login: 'nobody@example.com' } })
  const { text } = await mailServer.mail('anna@example.com')
  const token = /#([\w-]{43})\b/.exec(text ?? '')?.[1]
  const used = { token, password: 'violet kayak hums at dawn' }
  expect((await sparekey.call('POST', '/v1/password-resets', { body: used })).status).toBe(200)
  await until('the endpoint is off', async () => {
    const { items } = (await admin('GET', '/v1/webhooks?failed=true')).body
    return items.length > 0 ? true : undefined
  })

  const at = `/applications/${app.id}`
  const open = (words: string | RegExp) => (page: Page) =>
    page.getByRole('button', { name: words }).first().click()
  pages.push(
    { name: 'overview', path: '/' },
    { name: 'requests', path: '/requests' },
    { name: 'request', path: `/requests/${failed}` },
    { name: 'queues', path: '/queues?queue=mail&state=completed' },
    { name: 'applications', path: '/applications' },
    { name: 'new-application', path: '/applications/new' },
    { name: 'keys', path: at },
    {
      name: 'new-key',
      path: at,
      async act(page) {
        await open('Make a key')(page)
        await page.getByLabel('Only some of it').check()
        await page.getByLabel('Expires').selectOption('day')
      },
    },
    {
      name: 'webhooks',
      path: `${at}?tab=webhooks`,
      async act(page) {
        await open(/^Deliveries of .*sparekey/)(page)
        await page.getByRole('table', { name: /^Deliveries/ }).waitFor()
        await open(/^Tries of msg/)(page)
      },
    },
    { name: 'new-webhook', path: `${at}?tab=webhooks`, act: open('Add an endpoint') },
    { name: 'settings', path: `${at}?tab=settings` },
    { name: 'settings-own-server', path: `/applications/${asked.id}?tab=settings` },
    { name: 'changes-of-one', path: `${at}?tab=changes` },
    { name: 'delete', path: `${at}?tab=settings`, act: open('Delete application') },
    { name: 'changes', path: '/changes' },
    { name: 'mails', path: '/mails' },
    { name: 'nowhere', path: '/there-is-no-such-page' },
  )
  browser = await openBrowser()
}, 120_000)
afterAll(async () => {
  await browser?.close()
  await sparekey?.close()
  await mailServer?.close()
  receiver.close()
})

const desktop = { width: 1280, height: 900 }
const phone = { width: 390, height: 844 }
const everyLook = [
  { window: 'desktop', colorScheme: 'light', viewport: desktop },
  { window: 'desktop', colorScheme: 'dark', viewport: desktop },
  { window: 'phone', colorScheme: 'dark', viewport: phone },
  { window: 'phone', colorScheme: 'light', viewport: phone },
] as const
const twoLooks = everyLook.filter((_, index) => index % 2 === 0)

// What changes at once need not be waited for.
const still = { reducedMotion: 'reduce', viewport: desktop } as const

/** Takes pictures of what the page shows, and tells what is wrong with it. */
function lookerAt(page: Page, flaws: string[], looks: readonly (typeof everyLook)[number][]) {
  return async (name: string) => {
    for (const { window, colorScheme, viewport } of looks) {
      await page.setViewportSize(viewport)
      await page.emulateMedia({ colorScheme })
      flaws.push(...(await flawsOf(page)).map(flaw => `${name}, ${window}, ${colorScheme}: ${flaw}`))
      await shoot(page, `dashboard-${name}-${window}-${colorScheme}`)
    }
    await page.setViewportSize(desktop)
  }
}

test('each page, on a desktop and a phone, light and dark, has no finding of axe, is not too wide, and asks nobody else for anything', async () => {
  const dashboard = await openDashboard(browser, sparekey, still)
  const { page } = dashboard
  const flaws: string[] = []
  const look = lookerAt(page, flaws, everyLook)
  try {
    await dashboard.go('/')
    await page.getByLabel('Operator’s key').waitFor()
    await look('sign-in')
    await dashboard.signIn()
    for (const { name, path, act } of pages) {
      await dashboard.visit(path)
      await settled(page)
      await act?.(page)
      await look(name)
    }
    expect(flaws).toEqual([])
    expect(dashboard.trespasses).toEqual([])
  } finally {
    await dashboard.close()
  }
}, 180_000)

test('so has the raw queue board, which is not ours', async () => {
  const dashboard = await openDashboard(browser, sparekey, still)
  const { page } = dashboard
  const flaws: string[] = []
  const look = lookerAt(page, flaws, everyLook)
  try {
    await dashboard.signIn()
    // A job that stays to be seen.
    await sparekey.call('POST', '/v1/queues/mail/pause', { key: sparekey.adminKey })
    const { secret: key } = await sparekey.application()
    await sparekey.call('POST', '/v1/reset-requests', { key, body: { login: 'anna@example.com' } })
    for (const [name, path, shown] of [
      ['board', '/board', page.getByText(/^\d+ Jobs?$/).first()],
      ['board-mail', '/board/queue/mail', page.getByRole('tree')],
      ['board-housekeeping', '/board/queue/housekeeping', page.getByRole('tree').first()],
      ['board-schedulers', '/board/job-schedulers', page.getByText('housekeeping').nth(1)],
    ] as const) {
      await dashboard.go(path)
      await shown.waitFor()
      await look(name)
    }
    expect(flaws).toEqual([])
    expect(dashboard.trespasses).toEqual([])
  } finally {
    await sparekey.call('POST', '/v1/queues/mail/resume', { key: sparekey.adminKey })
    await dashboard.close()
  }
}, 120_000)

test('what loads, failed, is empty or out of date says so, without a finding of axe or a page that is too wide', async () => {
  const flaws: string[] = []
  const bare = await startSparekey({ worker: false })
  const line = await startLine(bare.url)
  const full = await openDashboard(browser, sparekey, still)
  const empty = await openDashboard(browser, { ...bare, url: line.url }, still)
  try {
    const look = lookerAt(full.page, flaws, twoLooks)
    await full.signIn()
    // All but what the frame needs.
    const reading = /\/v1\/(?!session|stream)/
    await full.page.route(reading, () => {})
    for (const [name, path] of [
      ['overview', '/'],
      ['requests', '/requests'],
    ] as const) {
      await full.go(path)
      await full.page.getByText('Loading…').first().waitFor()
      await look(`loading-${name}`)
    }
    await full.page.unroute(reading)
    const body = JSON.stringify({
      title: 'Forbidden',
      detail: 'This key may not do that.',
      code: 'forbidden',
    })
    await full.page.route(reading, route =>
      route.fulfill({ status: 403, contentType: 'application/problem+json', body }),
    )
    for (const [name, path] of [
      ['overview', '/'],
      ['request', '/requests/req_01m86zgtej3tyxn6baarb4229n'],
    ] as const) {
      await full.go(path)
      await full.page.getByRole('alert').getByText('This key may not do that.').first().waitFor()
      await look(`failed-${name}`)
    }
    await full.page.route('**/v1/session', route => route.abort())
    await full.go('/')
    await full.page.getByRole('heading', { level: 1, name: 'Sparekey is out of reach' }).waitFor()
    await look('unreachable')

    const lookAtEmpty = lookerAt(empty.page, flaws, twoLooks)
    await empty.signIn()
    for (const [name, path, words] of [
      ['overview', '/', 'No worker is alive'],
      ['requests', '/requests', 'No requests yet'],
      ['queues', '/queues', 'No failed jobs'],
      ['applications', '/applications', 'No application yet'],
      ['mails', '/mails', 'No application yet'],
    ] as const) {
      await empty.visit(path)
      await settled(empty.page)
      await empty.page.getByText(words).waitFor()
      await lookAtEmpty(`empty-${name}`)
    }
    line.cut()
    await empty.page.getByText('The live line is lost.').waitFor()
    await empty.visit('/')
    await empty.page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor()
    await lookAtEmpty('lost')
    expect(flaws).toEqual([])
  } finally {
    await full.close()
    await empty.close()
    await line.close()
    await bare.close()
  }
}, 120_000)
