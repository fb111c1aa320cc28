import fc from 'fast-check'
import PostalMime from 'postal-mime'
import { afterEach, describe, expect, test } from 'vitest'
import { createMailer } from '../src/mailer.ts'
import type { Addressing } from '../src/message.ts'
import { createRenderer } from '../src/render.ts'
import type { Brand, MailValues } from '../src/words.ts'
import { polite, type Wire, wire } from './support/wire.ts'

/** Those that Unicode has not given out, and halves of pairs, too. */
const anyCharacter = fc.nat(0x10ffff).map(at => String.fromCodePoint(at))

const closers: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

const renderer = createRenderer()
const brand: Brand = { name: 'Acme', color: '#1f6f5c', supportEmail: 'help@acme.example' }
const values: MailValues = {
  kind: 'reset',
  name: 'Jörg',
  login: 'joerg@example.com',
  link: 'https://id.example/reset#abc=DEF_ghi-012345678901234567890123456789012345678901234567890123456789',
  code: '12345678',
  linkMinutes: 30,
  codeMinutes: 10,
  linkExpiresAt: new Date('2026-11-21T05:30:00Z'),
}
const addressing: Addressing = {
  id: 'mail_01',
  from: { name: 'Acme, "Inc"', address: 'no-reply@acme.example' },
  to: { name: 'Ada', address: 'ada@bücher.example' },
  replyTo: 'help@acme.example',
  date: new Date('2026-11-21T05:00:00Z'),
}

/** Composes a mail and hands it over; resolves to what a program at the far end reads. */
async function receive(
  change: { brand?: Partial<Brand>; values?: object; addressing?: Partial<Addressing> } = {},
  locale = 'de',
): Promise<{ server: Wire; raw: string; parsed: Awaited<ReturnType<typeof PostalMime.parse>> }> {
  const server = await wire(polite)
  closers.push(server.close)
  const mailer = createMailer({ servers: [server.url] })
  closers.push(mailer.close)
  const filled = { ...values, ...change.values } as MailValues
  const to = { ...addressing, ...change.addressing }
  await mailer.send(await renderer.compose({ ...brand, ...change.brand }, locale, filled, to))
  const raw = server.messages[0] ?? ''
  return { server, raw, parsed: await PostalMime.parse(raw) }
}
const unix = (text: string | undefined) => text?.trim().replaceAll('\r\n', '\n')

describe('the mail as received', () => {
  test('has its headers, both parts, one recipient and the same Message-ID each time', async () => {
    const { server, raw, parsed } = await receive()
    expect(server.lines.filter(line => line.startsWith('MAIL'))[0]).toContain('<no-reply@acme.example>')
    expect(server.lines.filter(line => line.startsWith('RCPT'))).toEqual([
      'RCPT TO:<ada@xn--bcher-kva.example>',
    ])
    expect(raw.length).toBeLessThan(60_000)
    const header = (name: string) => parsed.headers.filter(h => h.key === name).map(h => h.value)
    expect(parsed.messageId).toBe('<mail_01@acme.example>')
    expect((await receive()).parsed.messageId).toBe(parsed.messageId)
    expect(header('date')).toEqual(['Sat, 21 Nov 2026 05:00:00 +0000'])
    expect(header('auto-submitted')).toEqual(['auto-generated'])
    expect(header('x-auto-response-suppress')).toEqual(['All'])
    expect(header('content-language')).toEqual(['de'])
    expect(header('mime-version')).toEqual(['1.0'])
    expect(header('x-mailer')).toEqual([])
    expect(header('content-type')[0]).toContain('multipart/alternative')
    expect(parsed.from).toMatchObject({ name: 'Acme, "Inc"', address: 'no-reply@acme.example' })
    expect(parsed.replyTo).toMatchObject([{ address: 'help@acme.example' }])
    expect(parsed.to).toMatchObject([{ name: 'Ada', address: 'ada@xn--bcher-kva.example' }])
    const rendered = await renderer.render(brand, 'de', values)
    expect(parsed.subject).toBe(rendered.subject)
    expect(unix(parsed.html)).toBe(rendered.html.trim())
    expect(unix(parsed.text)).toBe(rendered.text.trim())
    expect(parsed.attachments).toEqual([])
  })

  test('is 7 bits in short lines, none of which begins with a dot or ends in a blank', async () => {
    const hidden = '.hidden  name\u{1f600}'.repeat(3)
    const { raw } = await receive({
      brand: { name: `Ä${'.'.repeat(300)}`, address: `${'x '.repeat(90)}\n..` },
      values: { name: hidden, login: '.a..=' },
    })
    for (const line of raw.split('\r\n')) {
      expect(line).toMatch(/^(?!\.)[\x20-\x7e\t]{0,78}$/)
      expect(line).not.toMatch(/[ \t]$/)
    }
    const body = raw.slice(raw.indexOf('\r\n\r\n'))
    expect(body).not.toMatch(/ {2}|\r(?!\n)|(?<!\r)\n/)
  })

  test.each([
    '.',
    '..\n.',
    '=',
    '=3D',
    '=_',
    '--=_boundary--',
    ' a  b ',
    'ß€😀\u0301 e',
    'From x',
    `${'ä'.repeat(200)}`,
    '\u2028line',
  ])('%j in every value comes through as it is rendered', async text => {
    const own = {
      brand: { name: `A${text}`, address: text },
      values: { name: text, login: text, code: text.slice(0, 9) },
    }
    const { parsed } = await receive(own)
    const rendered = await renderer.render({ ...brand, ...own.brand }, 'de', {
      ...values,
      ...own.values,
    } as MailValues)
    expect(parsed.subject).toBe(rendered.subject)
    expect(unix(parsed.html)).toBe(rendered.html.trim())
    expect(unix(parsed.text)).toBe(rendered.text.trim())
  })

  test.each([
    'Ada "the first" Byron',
    'Jörg Ödegård '.repeat(6).trim(),
    '陳大文',
    'a\\b',
    '=?UTF-8?Q?x?=',
    'A, B <c@d.test>',
  ])('names %s', async name => {
    const { parsed, raw } = await receive({ addressing: { to: { name, address: 'ada@example.com' } } })
    expect(parsed.to).toEqual([{ name, address: 'ada@example.com' }])
    expect(Math.max(...raw.split('\r\n').map(line => line.length))).toBeLessThanOrEqual(110)
  })

  test('two mails of one form have nothing of each other', async () => {
    const one = { values: { name: 'Ann', login: 'ann@example.com' }, addressing: { id: 'mail_a' } }
    const { raw } = await receive(one)
    const other = await receive({
      values: { name: 'Bob', login: 'bob@example.com' },
      addressing: { id: 'mail_b', to: { address: 'bob@example.com' } },
    })
    expect(raw).toContain('ann@example.com')
    expect(other.raw).toContain('bob@example.com')
    expect(other.raw).not.toMatch(/ann@|Ann\b|mail_a/)
  })
})

test.each([
  'a@x.test\nRCPT TO:<b@x.test>',
  'a@x.test, b@x.test',
  '"a@evil.test"@x.test',
  'a@[127.0.0.1]',
  '',
])('address %j is a TypeError that does not repeat it', async address => {
  for (const bad of [{ to: { address } }, { from: { address } }, { replyTo: address }]) {
    const error = await renderer.compose(brand, 'en', values, { ...addressing, ...bad }).catch(e => e)
    expect(error).toBeInstanceOf(TypeError)
    expect(error.message).not.toContain('x.test')
  }
})

test('line breaks in names and subject add no header and no recipient', async () => {
  const evil = 'x\r\nBcc: b@evil.test\r\n\r\nbody'
  const { server, parsed } = await receive({
    brand: { name: evil },
    addressing: {
      from: { name: evil, address: 'a@acme.example' },
      to: { name: `${evil}" <c@evil.test>,`, address: 'ada@example.com' },
    },
  })
  expect(parsed.headers.map(h => h.key)).not.toContain('bcc')
  expect(parsed.to).toMatchObject([{ address: 'ada@example.com' }])
  expect(server.lines.filter(line => line.startsWith('RCPT'))).toEqual(['RCPT TO:<ada@example.com>'])
})

test('whatever names hold, a mail has the headers of any other, one sender and one recipient', async () => {
  // biome-ignore format: one glance is enough
  const piece = fc.constantFrom(
    '\r\n', '\n', '\r', '\0', '\u0085', '\u2028', '\t', ' ', 'Bcc: b@evil.test', 'To:', ':', ',', ';', '<b@evil.test>',
    '<', '>', '"', '\\', '(', ')', '=?utf-8?q?', '?=', '=0D=0A', 'a', 'ä', '陳', '🦊', '\ud800', '.',
  )
  const text = fc.oneof(
    fc.array(piece, { maxLength: 12 }).map(pieces => pieces.join('')),
    fc.string({ unit: anyCharacter, maxLength: 120 }),
  )
  const compose = async (name: string, login: string, app: string) => {
    const to = { name, address: 'ada@example.com' }
    const from = { name: app, address: 'no-reply@acme.example' }
    const filled = { ...values, name, login }
    return (await renderer.compose({ ...brand, name: app }, 'en', filled, { ...addressing, from, to })).raw
  }
  const headersOf = (raw: Buffer) =>
    (raw.toString('latin1').split('\r\n\r\n', 1)[0] ?? '')
      .split(/\r\n(?![ \t])/)
      .map(line => line.split(':', 1)[0])
  const usual = headersOf(await compose('Ada', 'ada', 'Acme'))
  const holds = fc.asyncProperty(text, text, text, async (name, login, app) => {
    const raw = await compose(name, login, app)
    expect(headersOf(raw)).toEqual(usual)
    const { from, to, subject } = await PostalMime.parse(raw)
    expect(from?.address).toBe('no-reply@acme.example')
    expect(to?.map(({ address }) => address)).toEqual(['ada@example.com'])
    expect(subject).not.toMatch(/[\r\n]/)
  })
  await fc.assert(holds)
})
