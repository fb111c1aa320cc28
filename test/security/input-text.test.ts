import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Json, Sparekey } from '../support/sparekey.ts'
import { type Desk, noLimits, openBothDesks, openDesk } from './support/desk.ts'
import { standIn } from './support/stand-in.ts'

let sparekey: Sparekey
let desk: Desk
let caller: Desk
beforeAll(async () => {
  ;({ sparekey, desk, caller } = await openBothDesks())
})
afterAll(() => sparekey?.close())

const hostile = [
  '<img src=x onerror=alert(1)>',
  '</mj-text><mj-raw><b>x</b></mj-raw>',
  '{{7*7}}',
  '#{7*7}',
  '<%= 7*7 %>',
  'https://evil.test/in',
  'evil.test',
  'www.evil.test',
  '[click](https://evil.test)',
  '"><a href="https://evil.test">x</a>',
  '&lt;script&gt;alert(1)&lt;/script&gt;',
  '<!--',
  'javascript:alert(1)',
  'Anna <evil@evil.test>, x',
]

interface Parts {
  text: string | null
  html: string | null
}
/** What a mail client makes a link of, or fetches, in either part. */
const linksOf = ({ text, html }: Parts): string[] => [
  ...(text?.match(/\b(?:https?:\/\/|www\.)\S+|\b[\w-]+\.test\b/gi) ?? []),
  ...[...(html ?? '').matchAll(/\s(?:href|src|action|background)\s*=\s*["']?([^"'>\s]+)/gi)].map(
    ([, to]) => `html ${to}`,
  ),
]
/** The links of a mail of ours, without what differs from token to token. */
const knownLinks = (mail: Parts) => new Set(linksOf(mail).map(link => link.replace(/#.*/, '#')))
const tagsOf = ({ html }: Parts) => (html ?? '').match(/<[a-z][^\s>]*/gi)?.length
const read = ({ text }: Parts) => (text ?? '').replaceAll('\u200c', '').replace(/\s+/g, ' ')

describe('a name that holds markup, a template or a link stands in the mail as it was written, with no new link', () => {
  const plain = async () => (await desk.mailed({ name: 'Anna' })).mail

  test.each(hostile)('%s as the name of an account', async name => {
    const { mail } = await desk.mailed({ name })
    const usual = await plain()
    expect(knownLinks(mail)).toEqual(knownLinks(usual))
    expect(tagsOf(mail)).toBe(tagsOf(usual))
    expect(read(mail)).toContain(name.slice(0, 55))
    expect(mail.to).toMatch(/^person\d+@example\.com$/)
  })

  test.each(hostile)('%s as a login, as the recipient of a caller', async login => {
    const usual = (await plain()).html?.length ?? 0
    const email = `to${Math.abs(hostile.indexOf(login))}@example.com`
    await caller.ask(login, { recipient: { id: login, email, name: login } })
    const mail = await sparekey.mail(email)
    expect([...knownLinks(mail)].filter(link => /evil|alert|onerror/.test(link))).toEqual([])
    expect(mail.html).not.toMatch(/<img src=x|<script|<b>x|mj-raw><b/)
    expect(read(mail)).toContain(login.slice(0, 55))
    expect(Math.abs((mail.html?.length ?? 0) - usual)).toBeLessThan(4000)
  })

  test.each(['<b>Bank</b>', '{{7*7}}', 'https://evil.test'])(
    '%s as the name of an application',
    async name => {
      const own = openDesk(
        sparekey,
        await sparekey.application({ name, slug: `s${hostile.length}${name.length}`, limits: noLimits }),
      )
      const { mail } = await own.mailed()
      expect(mail.html).not.toContain('<b>Bank')
      expect([...knownLinks(mail)].filter(link => link.includes('html') && link.includes('evil'))).toEqual([])
      expect(read(mail)).toContain(name)
    },
  )

  test('control: a mail made by putting the name in as it is has new links and tags', async () => {
    const usual = await plain()
    const pasted = hostile.map(name => ({ text: `${usual.text}${name}`, html: `${usual.html}${name}` }))
    const seen = pasted.filter(
      mail => knownLinks(mail).size !== knownLinks(usual).size || tagsOf(mail) !== tagsOf(usual),
    )
    expect(seen.length).toBeGreaterThan(6)
  })
})

const injections = [
  "' or '1'='1",
  "'; drop table accounts; --",
  '"; delete from reset_requests; --',
  "\\'; select pg_sleep(5); --",
  "anna' union select password_hash from accounts --",
  '%',
  '_',
  '$1',
  'x\u0027 || (select version()) || \u0027',
]

test('SQL in whatever is sent is text: nothing is found, changed or told by it', async () => {
  const key = desk.app.secret
  const counts = async () =>
    (
      await sparekey.sql`select (select count(*) from accounts) accounts, (select count(*) from applications) apps`
    )[0]
  const before = await counts()
  const get = (path: string) => sparekey.call('GET', path, { key })
  for (const text of injections) {
    const login = encodeURIComponent(text)
    expect((await desk.ask(text)).status).toBe(202)
    for (const list of ['accounts', 'reset-requests']) {
      const { status, body } = await get(`/v1/${list}?login=${login}`)
      expect(status).toBe(200)
      expect(body.items.every((item: Json) => item.login === text)).toBe(true)
    }
    expect((await get(`/v1/accounts/${login}`)).status).toBe(404)
    expect((await get(`/v1/accounts?cursor=${login}`)).status).toBe(400)
    expect((await get(`/v1/reset-requests?status=${login}`)).status).toBe(400)
    expect((await desk.peek(text)).status).toBe(410)
    expect(await desk.isPassword(text, text)).toBe(false)
  }
  expect(await counts()).toEqual(before)

  // Control: put into a statement as it is, the first of them finds everybody.
  const [first] = injections
  const found = await sparekey.sql.unsafe(`select count(*)::int from accounts where login = 'x${first}'`)
  expect(found[0]?.count).toBeGreaterThan(0)
})

describe('XML', () => {
  const dto = (inner: string, before = '') =>
    `${before}<GetResetPasswordToken><UserName>${inner}</UserName><SubdomainName>${desk.app.slug}</SubdomainName></GetResetPasswordToken>`
  const post = async (body: string) =>
    await sparekey.call('POST', '/compat/platform/api/xml/reply/GetResetPasswordToken', {
      body,
      headers: { 'content-type': 'application/xml' },
    })

  test('with a DTD, an entity or a processing instruction is 400, and nothing outside is asked; plain XML is taken', async () => {
    let asked = 0
    const outside = await standIn((_, response) => {
      asked++
      response.end('evil')
    })
    const laughs = Array.from({ length: 9 }, (_, i) => `<!ENTITY a${i + 1} "${`&a${i};`.repeat(10)}">`).join(
      '',
    )
    const bodies = [
      dto('anna', '<!DOCTYPE x>'),
      dto('&x;', `<!DOCTYPE x [<!ENTITY x SYSTEM "${outside.url}/entity">]>`),
      dto('&x;', '<!DOCTYPE x [<!ENTITY x SYSTEM "file:///etc/passwd">]>'),
      dto('a', `<!DOCTYPE x SYSTEM "${outside.url}/dtd">`),
      dto('a', `<!DOCTYPE x [<!ENTITY % p SYSTEM "${outside.url}/parameter"> %p;]>`),
      dto('&a9;', `<!DOCTYPE x [<!ENTITY a0 "ha">${laughs}]>`),
      dto('&undefined;'),
      dto('a', `<?xml-stylesheet href="${outside.url}/style"?>`),
      dto(`<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="${outside.url}/include"/>`),
    ]
    for (const body of bodies) expect([body, (await post(body)).status]).toEqual([body, 400])
    expect(asked).toBe(0)
    expect((await post(dto('anna'))).status).toBe(200)
    // Control: had anybody asked, it would have been seen.
    await fetch(`${outside.url}/entity`)
    expect(asked).toBe(1)
    outside.close()
  })
})
