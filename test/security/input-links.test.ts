import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { isLong } from '../support/long.ts'
import { linkOf, type Sparekey, startSparekey } from '../support/sparekey.ts'
import { type Desk, noLimits, openDesk } from './support/desk.ts'
import { allowed, refused } from './support/redirects.ts'
import { standIn } from './support/stand-in.ts'
import { askOnce, requestText, statusOf } from './support/wire.ts'

let sparekey: Sparekey
let desk: Desk
beforeAll(async () => {
  sparekey = await startSparekey()
  desk = openDesk(sparekey, await sparekey.application({ limits: noLimits, redirectOrigins: [allowed] }))
})
afterAll(() => sparekey?.close())

describe('the mailed link keeps the origin of PUBLIC_URL', () => {
  const path = '/v1/reset-requests'
  const forgeries: [string, string, Record<string, string>][] = [
    ['Host', `POST ${path}`, { Host: 'evil.test' }],
    ['Host with a port and a path', `POST ${path}`, { Host: 'evil.test:80' }],
    ['X-Forwarded-Host', `POST ${path}`, { 'X-Forwarded-Host': 'evil.test', 'X-Forwarded-Proto': 'https' }],
    ['Forwarded', `POST ${path}`, { Forwarded: 'for=1.2.3.4;host=evil.test;proto=https' }],
    [
      'X-Original-URL and its like',
      `POST ${path}`,
      { 'X-Original-URL': '//evil.test/', 'X-Host': 'evil.test' },
    ],
    ['an absolute URI', `POST http://evil.test${path}`, {}],
    ['an absolute URI beside an honest Host', `POST http://evil.test${path}`, { Host: 'localhost' }],
    ['Origin and Referer', `POST ${path}`, { Referer: 'https://evil.test/' }],
  ]

  /** Asks for a mail at this door with forged headers; resolves to where the mail's link leads. */
  async function leadsTo(url: string, line: string, forged: Record<string, string>): Promise<string> {
    const person = await desk.account()
    const headers = {
      'Content-Type': 'application/json',
      Authorization: `Bearer ${desk.app.secret}`,
      ...forged,
    }
    const answer = await askOnce(
      url,
      requestText(line, { headers, body: JSON.stringify({ login: person.login }) }),
    )
    expect(statusOf(answer)).toBe(202)
    expect(answer).not.toContain('evil.test')
    return new URL(linkOf(await sparekey.mail(person.email))).origin
  }

  test.each(forgeries)('whatever %s says', async (_what, line, forged) => {
    expect(await leadsTo(sparekey.url, line, forged)).toBe(sparekey.url)
  })

  test('and so do the links of the hosted page', async () => {
    const headers = { Host: 'evil.test', 'X-Forwarded-Host': 'evil.test' }
    const page = await askOnce(sparekey.url, requestText(`GET /forgot/${desk.app.slug}`, { headers }))
    expect(statusOf(page)).toBe(200)
    expect(page).not.toContain('evil.test')
  })

  test('control: a server that takes its links from Host is caught', async () => {
    const gullible = await standIn(({ headers }, response) => {
      response.end(`http://${headers['x-forwarded-host'] ?? headers.host}/reset#${'A'.repeat(43)}`)
    })
    const [, line, forged] = forgeries[0] as (typeof forgeries)[0]
    const answer = await askOnce(gullible.url, requestText(line, { headers: forged, body: '{}' }))
    expect(answer).toContain('evil.test')
    gullible.close()
  })
})

describe('a redirect leads to an allowed origin and nowhere else', () => {
  type Takes = (redirect: string) => Promise<boolean>
  const byApi: Takes = async redirectUrl => {
    const { status } = await desk.ask('nobody@example.com', { redirectUrl })
    expect([202, 400]).toContain(status)
    return status === 202
  }
  const byPage: Takes = async redirectUrl => {
    const answer = await fetch(`${sparekey.url}/forgot/${desk.app.slug}`, {
      method: 'POST',
      headers: { 'sec-fetch-site': 'same-origin' },
      body: new URLSearchParams({ login: 'nobody@example.com', redirectUrl }),
    })
    expect([200, 400]).toContain(answer.status)
    return answer.status === 200
  }
  const takenBy = async (takes: Takes, list: readonly string[]) => {
    const taken: string[] = []
    for (const redirect of list) if (await takes(redirect)) taken.push(redirect)
    return taken
  }

  test.each<[string, Takes]>([
    ['/v1/reset-requests', byApi],
    ['the hosted page', byPage],
  ])('each of the list is refused by %s, and a good one taken', async (_where, takes) => {
    expect(await takenBy(takes, refused)).toEqual([])
    const good = [allowed, `${allowed}/`, `${allowed}/in?next=%2F&x=1#top`]
    expect(await takenBy(takes, good)).toEqual(good)
  })

  test('the page that follows a completion leads where it was allowed to, too', async () => {
    const { token } = await desk.mailed({}, { redirectUrl: `${allowed}/in` })
    expect((await desk.complete(token)).body.redirectUrl).toBe(`${allowed}/in`)
  })

  test('whatever is put together from the pieces of such tricks leads to the allowed origin, if it is taken', async () => {
    // biome-ignore format: one glance is enough
    const piece = fc.constantFrom(
      'https:', 'http:', 'javascript:', 'data:', '//', '/', '\\', '@', ':', '#', '?', '.', '%2f', '%5c', '%00',
      '\t', '\n', ' ', '\u3002', '\uff0f', 'evil.test', 'app.example.com', allowed, ':443', ':8443', '[::1]',
    )
    const begun = fc.constantFrom('', '', allowed)
    const redirect = fc
      .tuple(begun, fc.array(piece, { maxLength: 7 }))
      .map(([begin, parts]) => begin + parts.join(''))
      .filter(text => text !== '')
    let taken = 0
    const holds = fc.asyncProperty(redirect, async text => {
      if (!(await byApi(text))) return
      taken++
      // As a browser reads it, on a page of our own.
      expect(new URL(text, `${sparekey.url}/reset/acme`).origin).toBe(allowed)
    })
    await fc.assert(holds, { numRuns: isLong ? 400 : 100, examples: [[`${allowed}/in`]] })
    expect(taken).toBeGreaterThan(0)
  }, 120_000)

  test('control: each usual shortcut takes something of the list', async () => {
    const shortcuts: ((redirect: string) => boolean)[] = [
      redirect => redirect.startsWith(allowed),
      redirect => redirect.includes('app.example.com'),
      redirect => redirect.startsWith('/'),
      redirect => /app\.example\.com$/.test(redirect),
      redirect =>
        URL.canParse(redirect, allowed) && new URL(redirect, allowed).hostname === 'app.example.com',
    ]
    for (const shortcut of shortcuts)
      expect(await takenBy(async redirect => shortcut(redirect), refused)).not.toEqual([])
  })
})
