import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openBrowser } from './support/browser.ts'
import { type Sparekey, startSparekey, tokenOf } from './support/sparekey.ts'

let sparekey: Sparekey
let browser: Browser
beforeAll(async () => {
  sparekey = await startSparekey()
  browser = await openBrowser()
})
afterAll(async () => {
  await browser?.close()
  await sparekey?.close()
})

const send = (path: string, fields: Record<string, string>) =>
  fetch(sparekey.url + path, {
    method: 'POST',
    headers: { origin: sparekey.url },
    body: new URLSearchParams(fields),
  })

test('what can be nobody’s name is refused before it comes to Postgres, and is no error of ours', async () => {
  const { slug } = await sparekey.application()
  for (const path of ['/forgot/%00', '/reset/%00', '/forgot/%00/challenge', '/forgot/%00/sent?request=req_1'])
    expect([path, (await fetch(sparekey.url + path)).status]).toEqual([path, 404])
  for (const login of ['a\0b', 'a\nb@example.com'])
    expect((await send(`/forgot/${slug}`, { login })).status).toBe(400)
  expect((await send('/forgot/%00', { login: 'anna' })).status).toBe(404)
  expect((await send('/reset/code', { application: slug, login: '\0', code: '12345678' })).status).toBe(410)
  expect((await send('/reset/code', { application: '\0', login: 'anna', code: '12345678' })).status).toBe(400)
})

test('an application that sets passwords itself has no form here that could not work', async () => {
  const { slug, secret } = await sparekey.application({ directory: 'caller' })
  expect((await fetch(`${sparekey.url}/forgot/${slug}`)).status).toBe(404)
  expect((await send(`/forgot/${slug}`, { login: 'anna' })).status).toBe(404)
  const recipient = { id: '1', email: 'their-own@example.com' }
  const body = { login: 'anna', recipient }
  expect((await sparekey.call('POST', '/v1/reset-requests', { key: secret, body })).status).toBe(202)
  const mail = await sparekey.mail(recipient.email)
  const token = tokenOf(mail)
  const page = await browser.newPage()
  await page.goto(`${sparekey.url}/reset/${slug}#${token}`)
  await page.getByRole('heading', { level: 1, name: /can.t be used/ }).waitFor()
  await page.close()
  // A code is no way around it, and would make the mailed token useless.
  const [request] = (await sparekey.call('GET', '/v1/reset-requests?login=anna', { key: secret })).body.items
  const code = /\b\d{4} ?\d{4}\b/.exec(mail.text ?? '')?.[0] ?? ''
  expect(code).not.toBe('')
  expect((await send('/reset/code', { requestId: request.id, code })).status).toBe(410)
  expect((await send('/reset/code', { application: slug, login: 'anna', code })).status).toBe(400)
  // And it is theirs to use up.
  expect(
    (await sparekey.call('POST', '/v1/reset-tokens/redeem', { key: secret, body: { token } })).status,
  ).toBe(200)
})

test('password managers are given the name that was typed, and never a masked one', async () => {
  const { slug, secret } = await sparekey.application()
  const login = 'managed@example.com'
  await sparekey.call('POST', '/v1/accounts', { key: secret, body: { login, email: login } })
  await sparekey.call('POST', '/v1/reset-requests', { key: secret, body: { login } })
  const mail = await sparekey.mail(login)
  const page = await browser.newPage()
  const names = page.locator('[autocomplete="username"]')
  await page.goto(`${sparekey.url}/reset/${slug}#${tokenOf(mail)}`)
  await page.locator('[data-login]', { hasText: 'm•••@example.com' }).waitFor()
  expect(await page.locator('form:has([autocomplete="new-password"])').locator(names).count()).toBe(0)
  await page.close()
  const code = /\b\d{4} ?\d{4}\b/.exec(mail.text ?? '')?.[0] ?? ''
  const typed = /autocomplete="username"[^>]* value="managed@example.com"/
  const form = await (await send('/reset/code', { application: slug, login, code })).text()
  expect(form).toMatch(typed)
  const token = /name="token" value="([\w-]{43})"/.exec(form)?.[1] ?? ''
  const refused = await send('/reset/password', { application: slug, username: login, token, password: 'x' })
  expect([refused.status, await refused.text()]).toEqual([422, expect.stringMatching(typed)])
})
