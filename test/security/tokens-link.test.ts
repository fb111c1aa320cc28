import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openBrowser } from '../support/browser.ts'
import { linkOf, type Sparekey, startSparekey } from '../support/sparekey.ts'
import { type Desk, noLimits, openDesk } from './support/desk.ts'
import { standIn } from './support/stand-in.ts'

let sparekey: Sparekey
let browser: Browser
let desk: Desk
beforeAll(async () => {
  sparekey = await startSparekey()
  desk = openDesk(sparekey, await sparekey.application({ limits: noLimits }))
  browser = await openBrowser()
})
afterAll(async () => {
  await browser?.close()
  await sparekey?.close()
})

/** What a scanner makes of a link: it opens it, looks at it, and tries it with the fragment in the query or path. */
async function scan(link: string): Promise<Response[]> {
  const variants = [link, link.replace('#', '?token='), link.replace('#', '/')]
  const answers: Response[] = []
  for (let i = 0; i < 20; i++)
    for (const method of ['GET', 'HEAD', 'OPTIONS'])
      for (const variant of variants) answers.push(await fetch(variant, { method }))
  return answers
}

test('a link that is opened by GET, HEAD and OPTIONS twenty times works afterwards', async () => {
  const { mail, token } = await desk.mailed()
  for (const { status } of await scan(linkOf(mail))) expect(status).toBeLessThan(500)
  expect((await desk.complete(token)).status).toBe(200)
})

test('control: a page that uses its link up when it is opened is caught', async () => {
  let used = 0
  const eager = await standIn(({ path }) => path.includes('token=') && used++)
  await scan(`${eager.url}/reset/acme#AAAA`)
  eager.close()
  expect(used).toBeGreaterThan(0)
})

test('the page behind the link tells nobody where it is, and is not kept', async () => {
  const { mail } = await desk.mailed()
  const { status, headers } = await fetch(linkOf(mail))
  expect(status).toBe(200)
  expect(headers.get('referrer-policy')).toBe('no-referrer')
  expect(headers.get('cache-control')).toBe('no-store')
})

/** What a browser asks of others while this page is open. */
async function askedElsewhere(url: string): Promise<string[]> {
  const page = await browser.newPage()
  const elsewhere: string[] = []
  page.on('request', request => {
    if (new URL(request.url()).host !== new URL(url).host) elsewhere.push(request.url())
  })
  await page.goto(url, { waitUntil: 'networkidle' })
  const field = page.locator('input[autocomplete="new-password"]')
  if ((await field.count()) > 0) await field.pressSequentially('violet kayak')
  await page.waitForLoadState('networkidle')
  await page.close()
  return elsewhere
}

test('the page asks no third party for anything and keeps the token out of its address; one that asks is caught', async () => {
  const { mail, token } = await desk.mailed()
  expect(await askedElsewhere(linkOf(mail))).toEqual([])

  const seen: string[] = []
  const page = await browser.newPage()
  page.on('request', request => {
    if (request.url().replace(/#.*/, '').includes(token)) seen.push(request.url())
    if (request.headers().referer?.includes(token)) seen.push('referer')
  })
  await page.goto(linkOf(mail), { waitUntil: 'networkidle' })
  await page.close()
  expect(seen).toEqual([])

  const other = await standIn((_, response) => response.end('x'))
  const nosy = await standIn((_, response) => {
    response.writeHead(200, { 'content-type': 'text/html' })
    response.end(`<img src="${other.url}/pixel"><p>reset`)
  })
  expect(await askedElsewhere(nosy.url)).toEqual([`${other.url}/pixel`])
  nosy.close()
  other.close()
})
