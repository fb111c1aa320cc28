import { createHash } from 'node:crypto'
import type { Browser } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { openBrowser } from '../support/browser.ts'
import { linkOf, type Sparekey, startSparekey, until } from '../support/sparekey.ts'
import { type Desk, goodPassword, noLimits, openDesk } from './support/desk.ts'
import { type StandIn, standIn } from './support/stand-in.ts'

let sparekey: Sparekey
let desk: Desk
let alone: Desk
let browser: Browser
let receiver: StandIn
const told: { type: string; data: Record<string, string> }[] = []

beforeAll(async () => {
  sparekey = await startSparekey({ env: { WEBHOOK_ALLOW: '127.0.0.1', BREACH_CHECK: 'on' } })
  desk = openDesk(sparekey, await sparekey.application({ limits: noLimits, minPasswordLength: 8 }))
  alone = openDesk(sparekey, await sparekey.application({ limits: noLimits, minPasswordLength: undefined }))
  receiver = await standIn(({ body }) => told.push(JSON.parse(body)))
  browser = await openBrowser()
  vi.stubGlobal('fetch', askOrStandIn)
})
afterEach(() => breaches.clear())
afterAll(async () => {
  vi.unstubAllGlobals()
  receiver?.close()
  await browser?.close()
  await sparekey?.close()
})

const breaches = new Set<string>()
const rangesAsked: string[] = []
const ask = globalThis.fetch
/** Have I Been Pwned, as far as it is asked here; everything else goes its way. */
const askOrStandIn: typeof fetch = async (input, init) => {
  const url = input instanceof Request ? input.url : String(input)
  if (!url.includes('pwnedpasswords')) return await ask(input, init)
  const { pathname } = new URL(url)
  rangesAsked.push(pathname)
  const lines = [...breaches]
    .map(password => createHash('sha1').update(password).digest('hex').toUpperCase())
    .filter(hash => pathname.endsWith(hash.slice(0, 5)))
    .map(hash => `${hash.slice(5)}:7`)
  return new Response(lines.join('\r\n'))
}

/** Tries these passwords with one token; resolves to what each was answered. */
async function tryOut(at: Desk, passwords: string[], input: object = {}) {
  const { token, person } = await at.mailed(input)
  const answers: { status: number; reasons: string[] }[] = []
  for (const password of passwords) {
    const { status, body } = await at.complete(token, password)
    answers.push({ status, reasons: body.reasons ?? [] })
  }
  return { answers, person }
}

describe('a new password', () => {
  test('needs 15 characters alone, and 8 where the application says it has a second factor', async () => {
    const strange = (length: number) => 'qzvjxwkpgmfyhbt'.slice(0, length)
    const lonely = await tryOut(alone, [strange(8), strange(14), strange(15)])
    expect(lonely.answers).toEqual([
      { status: 422, reasons: ['too_short'] },
      { status: 422, reasons: ['too_short'] },
      { status: 200, reasons: [] },
    ])
    const backed = await tryOut(desk, [strange(7), strange(8)])
    expect(backed.answers).toEqual([
      { status: 422, reasons: ['too_short'] },
      { status: 200, reasons: [] },
    ])
    const tooFew = { key: sparekey.adminKey, body: { minPasswordLength: 7 } }
    expect((await sparekey.call('PATCH', `/v1/applications/${desk.app.id}`, tooFew)).status).toBe(400)
  })

  test.each([
    ['64 characters', 'vexing quilts jump for a dozen brown foxes of the misty mountain'],
    ['200 characters', 'plum harbour zinc '.repeat(12).slice(0, 200)],
    ['small letters alone', 'wobbly turnip carriage'],
    ['digits alone', '83920475610294857361'],
    ['spaces and emoji', '🦊 🦔 🐢 seven mornings 🐌'],
    ['another script', 'зелёный трамвай плывёт домой'],
  ])('of %s is taken', async (_what, password) => {
    const { answers, person } = await tryOut(alone, [password])
    expect(answers).toEqual([{ status: 200, reasons: [] }])
    expect(await alone.isPassword(person.login, password)).toBe(true)
  })

  test.each([
    ['common', 'password1', 'too_common', {}],
    ['easy to guess', 'aaaaaaaaaaaaaaaaaa', 'too_guessable', {}],
    ['like the login', 'gwendolyn.harcourt', 'like_login', { login: 'gwendolyn.harcourt' }],
    ['like the address', 'marmaduke1', 'like_login', { name: 'Marmaduke' }],
  ])('that is %s is refused with the reason', async (_what, password, reason, input) => {
    const { answers } = await tryOut(desk, [password, goodPassword], input)
    expect(answers[0]?.status).toBe(422)
    expect(answers[0]?.reasons).toContain(reason)
    expect(answers[1]?.status).toBe(200)
  })

  test('that was breached is refused with the reason, and five characters of its digest are all that leaves', async () => {
    const password = 'nine copper kettles sing'
    breaches.add(password)
    const { answers } = await tryOut(alone, [password, `${password}!`])
    expect(answers).toEqual([
      { status: 422, reasons: ['breached'] },
      { status: 200, reasons: [] },
    ])
    expect(rangesAsked.at(-1)).toMatch(/^\/range\/[0-9A-F]{5}$/i)
  })

  test('is not cut: what differs in its last letter is another; too long a one is refused, not shortened', async () => {
    const long = 'plum harbour zinc '.repeat(15).slice(0, 256)
    const { answers, person } = await tryOut(alone, [`${long}x`, long])
    expect(answers).toMatchObject([{ status: 422, reasons: ['too_long'] }, { status: 200 }])
    expect(await alone.isPassword(person.login, long)).toBe(true)
    for (const other of [long.slice(0, 255), `${long.slice(0, 255)}X`, long.slice(0, 72), long.trim()])
      expect(await alone.isPassword(person.login, other)).toBe(other === long)
  })

  test('keeps its Unicode: composed and decomposed are one, other letters are not', async () => {
    const password = 'crème brûlée à l’ombre'
    const { person } = await tryOut(alone, [password.normalize('NFD')])
    expect(await alone.isPassword(person.login, password.normalize('NFC'))).toBe(true)
    expect(await alone.isPassword(person.login, 'creme brulee a l’ombre')).toBe(false)
    expect(await alone.isPassword(person.login, password.toUpperCase())).toBe(false)
  })
})

test('a password can be pasted into the page; a page that keeps pasting out is caught', async () => {
  const context = await browser.newContext({ permissions: ['clipboard-read', 'clipboard-write'] })
  const paste = async (url: string) => {
    const page = await context.newPage()
    await page.goto(url)
    const field = page.locator('input[autocomplete="new-password"]')
    await field.waitFor()
    await page.evaluate(`navigator.clipboard.writeText(${JSON.stringify(goodPassword)})`)
    await field.focus()
    await page.keyboard.press('ControlOrMeta+V')
    const value = await field.inputValue()
    await page.close()
    return value
  }
  const { mail } = await alone.mailed()
  expect(await paste(linkOf(mail))).toBe(goodPassword)
  const strict = await standIn((_, response) => {
    response.writeHead(200, { 'content-type': 'text/html' })
    response.end('<input autocomplete="new-password" onpaste="return false">')
  })
  expect(await paste(strict.url)).toBe('')
  strict.close()
  await context.close()
})

describe('after a completion', () => {
  test('sessions are to end: the account says since when, and a webhook tells it within five seconds', async () => {
    const key = { key: desk.app.secret }
    await sparekey.call('POST', '/v1/webhooks', { ...key, body: { url: receiver.url } })
    const { person, token } = await desk.mailed()
    const before = await sparekey.call('GET', `/v1/accounts/${person.id}`, key)
    expect(before.body.sessionsValidAfter).toBeUndefined()
    await desk.complete(token)
    const event = await until(
      'the webhook',
      () => told.find(({ type }) => type === 'account.password_changed'),
      5_000,
    )
    const after = await sparekey.call('GET', `/v1/accounts/${person.id}`, key)
    expect(event.data).toMatchObject({
      accountId: person.id,
      sessionsValidAfter: after.body.sessionsValidAfter,
    })
  })

  test('nobody is signed in by it, and one notice goes out that holds neither password nor token', async () => {
    const { person, token } = await desk.mailed()
    const { headers, body } = await desk.complete(token)
    expect(headers.get('set-cookie')).toBeNull()
    expect(Object.keys(body)).toEqual(['status'])
    const notice = await sparekey.mail(person.email, 1)
    for (const part of [notice.subject, notice.text, notice.html]) {
      expect(part).toBeTruthy()
      for (const secret of [goodPassword, token]) expect(part).not.toContain(secret)
    }
    expect((await desk.complete(token)).status).toBe(410)
    const [count] = await sparekey.sql`select count(*)::int as notices from mails
      where kind = 'notice' and recipient_key = ${person.id}`
    expect(count?.notices).toBe(1)
    // Control: the reset mail does hold its token, so the same look would have found it.
    expect(sparekey.mails(person.email)[1]?.text).toContain(token)
  })
})
