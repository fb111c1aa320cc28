import type { Browser, Request } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openBrowser } from './support/browser.ts'
import { openDashboard } from './support/dashboard.ts'
import { startLine } from './support/line.ts'
import { type Sparekey, startSparekey, until } from './support/sparekey.ts'

let sparekey: Sparekey
let browser: Browser

beforeAll(async () => {
  sparekey = await startSparekey({ worker: false })
  browser = await openBrowser()
})
afterAll(async () => {
  await browser?.close()
  await sparekey?.close()
})

test('a live line that is lost is said above the page with the age of its figures, and comes back by itself', async () => {
  const line = await startLine(sparekey.url)
  const place = { url: line.url, adminKey: sparekey.adminKey }
  const { page, signIn, close } = await openDashboard(browser, place)
  try {
    await signIn()
    await page.getByText('Live', { exact: true }).waitFor()
    line.cut()
    await page.getByText('The live line is lost.').waitFor()
    await page.getByText(/What you see is of/).waitFor()
    await page.getByText(/Trying again/).waitFor()
    await page.getByText('Not live', { exact: true }).waitFor()
    // What was seen stays.
    await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor()

    line.mend()
    await page.getByText('Live', { exact: true }).waitFor()
    await page.getByText('The live line is lost.').waitFor({ state: 'detached' })
    const figures = page.waitForResponse(answer => answer.url().includes('/v1/stats'))
    expect((await figures).status()).toBe(200)
  } finally {
    await close()
    await line.close()
  }
})

test('charts are drawn from the first figures on', async () => {
  const { page, signIn, close } = await openDashboard(browser, sparekey)
  try {
    const headers = { authorization: `Bearer ${sparekey.adminKey}` }
    const over = new AbortController()
    const { body } = await fetch(`${sparekey.url}/v1/stream`, { headers, signal: over.signal })
    const { value } = (await body?.getReader().read()) ?? {}
    over.abort()
    const first = Buffer.from(value ?? []).toString()
    expect(first).toContain('event: figures')
    // The same ones again, however often the page asks.
    await page.route('**/v1/stream', route =>
      route.fulfill({ contentType: 'text/event-stream', body: first }),
    )
    await signIn()
    for (const title of ['Waiting for their mail', 'Latency']) {
      const panel = page.getByRole('region', { name: title })
      await panel.locator('canvas').waitFor()
      await panel.getByText('Show as a table').click()
      // The table is filled a moment after it is opened.
      await expect.poll(() => panel.getByRole('row').count()).toBe(2)
    }
  } finally {
    await close()
  }
})

test('a page whose code can’t be had is asked for once more, says so, and comes when it is back', async () => {
  const { page, signIn, button, close } = await openDashboard(browser, sparekey)
  try {
    const code = '**/dashboard/assets/queues-*.js'
    await page.route(code, route => route.abort())
    await signIn()
    let loads = 0
    page.on('load', () => loads++)
    await page.getByRole('link', { name: 'Queues' }).click()
    await page.getByRole('heading', { level: 1, name: 'This page can’t be loaded' }).waitFor()
    expect(loads).toBe(1)
    // The others are there as ever.
    await page.getByRole('link', { name: 'Requests' }).click()
    await page.getByRole('heading', { level: 1, name: 'Requests' }).waitFor()
    await page.goBack()
    await page.unroute(code)
    await button('Try again').click()
    await page.getByRole('heading', { level: 1, name: 'Queues' }).waitFor()
  } finally {
    await close()
  }
})

test('a page that nobody touches keeps no session open: it ends by itself, with the reason', async () => {
  const { page, signIn, close } = await openDashboard(browser, sparekey)
  try {
    await page.clock.install()
    // Calls that the page made as one in use, and that the API may still have before it.
    const inUse = new Set<Request>()
    const isOver = (call: Request) => void inUse.delete(call)
    page.on('request', call => {
      const quiet = call.headers()['sparekey-idle'] === '1' || call.url().endsWith('/v1/stream')
      if (!quiet) inUse.add(call)
    })
    page.on('requestfinished', isOver)
    page.on('requestfailed', isOver)
    await signIn()
    const lastSeen = async () =>
      (await sparekey.sql`select max(seen_at) as seen from operator_sessions`)[0]?.seen as Date
    const quiet = page.waitForRequest(request => request.headers()['sparekey-idle'] === '1')
    await page.clock.fastForward('01:30')
    await quiet
    await until('calls from before are over', async () => inUse.size === 0 || undefined)
    // Old enough that any call of a person would mark it anew.
    await sparekey.sql`update operator_sessions set seen_at = seen_at - interval '29 minutes'`
    const seen = await lastSeen()
    const asked = page.waitForResponse(answer => answer.url().includes('/v1/stats'))
    await page.clock.fastForward('00:30')
    expect((await asked).status()).toBe(200)
    expect(await lastSeen()).toEqual(seen)

    await sparekey.sql`update operator_sessions set seen_at = seen_at - interval '2 minutes'`
    await until('the page asks', async () => {
      await page.clock.fastForward('00:15')
      return (await page.getByText('Your session is over').isVisible()) ? true : undefined
    })
    await page.getByLabel('Operator’s key').waitFor()
  } finally {
    await close()
  }
})

test('a session that ended elsewhere leads to the sign-in, and from there back to the same page', async () => {
  const dashboard = await openDashboard(browser, sparekey)
  const { page, signIn, visit } = dashboard
  try {
    await signIn()
    await sparekey.sql`delete from operator_sessions`
    await visit('/queues')
    await page.getByText('Your session is over').waitFor()
    await page.getByLabel('Operator’s key').fill(sparekey.adminKey)
    await dashboard.button('Sign in').click()
    await page.getByRole('heading', { level: 1, name: 'Queues' }).waitFor()
  } finally {
    await dashboard.close()
  }
})

test('signing out ends the session: its cookie opens nothing any more, and the way back shows nothing', async () => {
  const { page, signIn, button, go, close } = await openDashboard(browser, sparekey)
  try {
    await signIn()
    const cookies = await page.context().cookies()
    const cookie = cookies.map(({ name, value }) => `${name}=${value}`).join('; ')
    const withCookie = async () => (await fetch(`${sparekey.url}/v1/queues`, { headers: { cookie } })).status
    expect(await withCookie()).toBe(200)
    await button('Sign out').click()
    await page.getByText('You are signed out.').waitFor()
    expect(await withCookie()).toBe(401)
    await go('/requests')
    await page.getByLabel('Operator’s key').waitFor()
  } finally {
    await close()
  }
})

test('its pages come with a policy that lets no foreign script in', async () => {
  const { headers } = await fetch(`${sparekey.url}/dashboard/requests`)
  expect(headers.get('content-security-policy')).toContain("script-src 'self'")
})
