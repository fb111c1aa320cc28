import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { isLong } from '../support/long.ts'
import type { Sparekey } from '../support/sparekey.ts'
import { type Desk, openBothDesks } from './support/desk.ts'

let sparekey: Sparekey
let desk: Desk
let caller: Desk
beforeAll(async () => {
  ;({ sparekey, desk, caller } = await openBothDesks())
})
afterAll(() => sparekey?.close())

type Takes = (address: unknown) => Promise<boolean>
let accounts = 0
const asAccount: Takes = async email => {
  const { status } = await sparekey.call('POST', '/v1/accounts', {
    key: desk.app.secret,
    body: { login: `login${++accounts}`, email },
  })
  expect([201, 400]).toContain(status)
  return status === 201
}
const asRecipient: Takes = async email => {
  const { status } = await caller.ask('anna', { recipient: { id: `person ${++accounts}`, email } })
  expect([202, 400]).toContain(status)
  return status === 202
}

const hostile: unknown[] = [
  'a@x.test\r\nBcc: b@x.test',
  'a@x.test\nRCPT TO:<b@x.test>',
  'a@x.test\r',
  'a\0@x.test',
  'a@x.test\0.evil.test',
  'a@x.test,b@x.test',
  'a@x.test;b@x.test',
  'a@x.test b@x.test',
  'team:a@x.test,b@x.test;',
  'a(comment)@x.test',
  'a@x.test (b@x.test)',
  '"b@x.test,a"@x.test',
  '"a\\"@evil.test"@x.test',
  'Anna <a@x.test>',
  '<a@x.test>',
  '=?utf-8?q?b=40evil.test=3E?=@x.test',
  'a@[127.0.0.1]',
  'a@[IPv6:::1]',
  'a@xn--0049',
  'a@xn--0049.test',
  'a@evil.test@x.test',
  'a@x.test%00',
  'mıke@x.test',
  'ﬁ@x.test',
  'ａ@x.test',
  'a@ｘ.test',
  'a@x。test/',
  ['a@x.test'],
  ['a@x.test', 'b@x.test'],
  { address: 'a@x.test' },
  { $ne: null },
  null,
  1,
  true,
]

const takenOf = async (takes: Takes, list: readonly unknown[]) => {
  const taken: unknown[] = []
  for (const address of list) if (await takes(address)) taken.push(address)
  return taken
}

test.each<[string, Takes]>([
  ['account', asAccount],
  ['recipient', asRecipient],
])('no address that could be read as another or as several is taken as an %s', async (_as, takes) => {
  expect(await takenOf(takes, hostile)).toEqual([])
  const good = ['anna@x.test', "o'hara+tag@x.test", 'anna@bücher.example', 'anna@xn--bcher-kva.example']
  expect(await takenOf(takes, good)).toEqual(good)
})

test('control: the usual pattern for addresses takes many of the list', async () => {
  const usual: Takes = async address => /^\S+@\S+\.\S+$/.test(String(address))
  expect((await takenOf(usual, hostile)).length).toBeGreaterThan(5)
})

test('whatever address is put together, one that is taken is one plain mailbox, and the stored one', async () => {
  // biome-ignore format: one glance is enough
  const piece = fc.constantFrom(
    'a', 'b.c', '@', '@x.test', 'x.test', '.', '..', ',', ';', ':', '<', '>', '(', ')', '[', ']', '"', '\\', ' ',
    '\t', '\r\n', '\0', '%', '%40', '+', '-', '_', '=?', '?=', 'xn--', 'ü', 'ı', 'ſ', 'K', 'ß', 'ﬁ', '。', '\u200b',
    '\u202e', '🦊', '1', '127.1',
  )
  const pieces = (maxLength: number) => fc.array(piece, { maxLength }).map(parts => parts.join(''))
  const address = fc.oneof(
    pieces(6),
    fc.tuple(pieces(3), pieces(2)).map(([before, after]) => `${before}a@x${after}.test`),
  )
  let taken = 0
  const holds = fc.asyncProperty(address, async text => {
    if (!(await asAccount(text))) return
    taken++
    const { body } = await sparekey.call('GET', `/v1/accounts?login=login${accounts}`, {
      key: desk.app.secret,
    })
    const stored = body.items[0].email
    expect(stored).toMatch(/^[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]+@([a-z0-9-]+\.)+[a-z0-9-]+$/)
    // Every letter before the at sign is as it was typed.
    expect(stored.slice(0, stored.lastIndexOf('@'))).toBe(text.slice(0, text.lastIndexOf('@')))
  })
  await fc.assert(holds, { numRuns: isLong ? 500 : 100, examples: [['anna@x.test']] })
  expect(taken).toBeGreaterThan(0)
}, 120_000)

describe('a login that only looks like another', () => {
  const lookalikes: [stored: string, typed: string][] = [
    ['mike', 'mıke'],
    ['sasha', 'ſaſha'],
    ['kim', '\u212aim'],
    ['strasse', 'straße'],
    ['fiona', 'ﬁona'],
    ['ada', 'ａｄａ'],
  ]

  /** Whom the mails went to that this login brought about. */
  async function mailedBy(login: string): Promise<string[]> {
    const before = sparekey.mails().length
    const { body } = await desk.ask(login)
    const ended = await sparekey.status(body.id, desk.app.secret, 'sent', 'ignored')
    if (ended.status === 'ignored') return []
    return sparekey
      .mails()
      .slice(0, sparekey.mails().length - before)
      .map(({ to }) => to)
  }

  test.each(lookalikes)(
    '%s: what is typed as %s brings no mail, or one to the stored address',
    async (stored, typed) => {
      const email = `${stored}@example.org`
      await desk.account({ login: stored, email })
      for (const login of [typed, `${typed}@example.org`, `${stored}@examp\u217ce.org`])
        for (const to of await mailedBy(login)) expect(to).toBe(email)
    },
  )

  test('control: to compare by folding and to mail what was typed is caught', () => {
    const folded = (text: string) => text.normalize('NFKC').toUpperCase()
    const wrong = lookalikes.filter(([stored, typed]) => folded(stored) === folded(typed) && typed !== stored)
    expect(wrong.length).toBeGreaterThan(4)
  })

  test('a login in capitals brings one mail to the one stored address, whatever was typed; so the above can fail', async () => {
    const email = 'stored.here@example.org'
    await desk.account({ login: 'capital', email })
    expect(await mailedBy('CAPITAL')).toEqual([email])
    await desk.account({ login: 'umlaut-ä', email: 'umlaut@example.org' })
    expect(await mailedBy('umlaut-a\u0308')).toEqual(['umlaut@example.org'])
  })
})
