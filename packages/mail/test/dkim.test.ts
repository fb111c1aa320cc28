import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { text } from 'node:stream/consumers'
import DKIM from 'nodemailer/lib/dkim'
import { afterEach, describe, expect, test } from 'vitest'
import { createSigner, type DkimKey } from '../src/dkim.ts'
import { createMailer } from '../src/mailer.ts'
import type { Addressing } from '../src/message.ts'
import { createRenderer } from '../src/render.ts'
import type { Brand, MailValues } from '../src/words.ts'
import { relaxedBody, verifyDkim } from './support/verify.ts'
import { polite, wire } from './support/wire.ts'

const closers: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
const ed25519 = generateKeyPairSync('ed25519').privateKey
const keyOf = (selector: string, key: KeyObject, domain = 'acme.example'): DkimKey => ({
  selector,
  domain,
  key,
})
const both = [keyOf('big', rsa), keyOf('small', ed25519)]

const renderer = createRenderer()
const long = 'Jörg Ödegård und die sieben Zwerge '.repeat(3).trim()
const plain = { name: 'Ada', address: 'ada@shop.example' }

/** A composed mail; `text` stands wherever somebody chooses the words. */
function compose(words: string, addressing: Partial<Addressing> = {}) {
  const brand: Brand = { name: words, color: '#1f6f5c', address: words, supportEmail: 'help@acme.example' }
  const values: MailValues = {
    kind: 'reset',
    name: words,
    login: words,
    link: 'https://id.example/reset#abc=DEF',
    code: '12345678',
    linkMinutes: 30,
    codeMinutes: 10,
    linkExpiresAt: new Date('2026-11-21T05:30:00Z'),
  }
  return renderer.compose(brand, 'de', values, {
    id: 'mail_01',
    from: { name: words, address: 'no-reply@acme.example' },
    to: { name: words, address: 'ada@shop.example' },
    replyTo: 'help@acme.example',
    date: new Date('2026-11-21T05:00:00Z'),
    ...addressing,
  })
}

/** What a mail server gets. */
async function receive(keys: DkimKey[], words: string, addressing: Partial<Addressing> = {}) {
  const server = await wire(polite)
  closers.push(server.close)
  const mailer = createMailer({ servers: [server.url], signer: createSigner(keys) })
  closers.push(mailer.close)
  await mailer.send(await compose(words, addressing))
  return `${server.messages[0]}\r\n`
}

const verdicts = (raw: string, keys: DkimKey[]) =>
  verifyDkim(raw, name => {
    const found = keys.find(({ selector, domain }) => name === `${selector}._domainkey.${domain}`)
    if (!found) throw new Error(`no key at ${name}`)
    return createPublicKey(found.key)
  })
const holds = (raw: string, keys: DkimKey[]) =>
  verdicts(raw, keys).map(({ bodyHolds, headersHold }) => bodyHolds && headersHold)

const wild = ['Acme', long, '. .. ...', 'a  b \t c', '=3D =_ ;b=x; \\"', '陳大文 😀', 'x\r\n.\r\n\r\n']

describe('a signed mail', () => {
  test.each(wild)('verifies by both keys with %j in every value', async words => {
    const raw = await receive(both, words)
    expect(holds(raw, both)).toEqual([true, true])
  })

  test('says what is signed and how, in short lines before everything else', async () => {
    const before = Math.floor(Date.now() / 1000)
    const raw = await receive(both, long)
    const [first, second] = verdicts(raw, both)
    const names =
      'from:to:reply-to:subject:date:message-id:mime-version:content-type:content-language:auto-submitted'
    expect(first?.tags).toMatchObject({
      v: '1',
      a: 'rsa-sha256',
      c: 'relaxed/relaxed',
      d: 'acme.example',
      s: 'big',
      h: `${names}:${names}`,
    })
    expect(second?.tags).toMatchObject({ a: 'ed25519-sha256', s: 'small', bh: first?.tags.bh })
    expect(Number(first?.tags.t)).toBeGreaterThanOrEqual(before)
    expect(Number(first?.tags.t)).toBeLessThanOrEqual(Date.now() / 1000)
    expect(Object.keys(first?.tags ?? {}).sort()).toEqual(['a', 'b', 'bh', 'c', 'd', 'h', 's', 't', 'v'])
    const header = raw.slice(0, raw.search(/\r\n(?!DKIM)(?=\S)/))
    expect(header).toMatch(/^DKIM-Signature: /)
    for (const line of header.split('\r\n')) expect(line.length).toBeLessThanOrEqual(78)
  })

  test('fails once any byte of its body or of a signed header is another', async () => {
    const raw = await receive(both, 'Acme')
    const start = raw.search(/\r\n(?!DKIM)(?=\S)/) + 2
    const unsigned = raw.indexOf('X-Auto-Response-Suppress')
    const after = raw.indexOf('\r\n', unsigned) + 2
    const places = new Set([start, unsigned - 3, after, raw.indexOf('\r\n\r\n') - 1, raw.length - 3])
    for (let at = start; at < raw.length; at += 37) places.add(at)
    for (const at of places) {
      if (/\s/.test(raw[at] ?? '') || (at >= unsigned && at < after)) continue
      const other = raw[at] === '~' ? '!' : '~'
      expect(holds(raw.slice(0, at) + other + raw.slice(at + 1), both), `at ${at}`).toEqual([false, false])
    }
    expect(holds(raw.replace('All', 'Any'), both)).toEqual([true, true])
  })

  test.each(['From: b@evil.test', 'Reply-To: b@evil.test', 'Subject: x', 'To: b@evil.test'])(
    'fails once it has a header more: %s',
    async header => {
      const raw = await receive(both, 'Acme', { replyTo: undefined })
      expect(holds(raw, both)).toEqual([true, true])
      expect(holds(`${header}\r\n${raw}`, both)).toEqual([false, false])
    },
  )

  test('survives a mail server that folds and blanks anew', async () => {
    const raw = await receive(both, long)
    const end = raw.indexOf('\r\n\r\n')
    const refolded = raw
      .slice(0, end)
      .replace(/\r\n /g, ' \r\n\t ')
      .replace(/^Date: /m, 'DATE :   ')
    expect(refolded).not.toBe(raw.slice(0, end))
    expect(holds(`${refolded}${raw.slice(end)}\r\n\r\n`, both)).toEqual([true, true])
  })

  test.each(wild)(
    'has the body hash of nodemailer, whose own signature verifies alike, with %j in every value',
    async words => {
      const { raw } = await compose(words)
      const ours = await createSigner(both).sign({ raw })
      const theirs = await text(
        new DKIM({
          domainName: 'acme.example',
          keySelector: 'big',
          privateKey: rsa.export({ type: 'pkcs8', format: 'pem' }),
        }).sign(raw),
      )
      const [mine, its] = [verdicts(ours + raw.toString('latin1'), both)[0], verdicts(theirs, both)[0]]
      expect(its).toMatchObject({ bodyHolds: true, headersHold: true })
      expect(mine).toMatchObject({ bodyHolds: true, headersHold: true })
      expect(mine?.tags.bh).toBe(its?.tags.bh)
    },
  )
})

test.each(wild)('the body of a mail is its own relaxed form, with %j in every value', async words => {
  const raw = (await compose(words)).raw.toString('latin1')
  const body = raw.slice(raw.indexOf('\r\n\r\n') + 4)
  expect(body.length).toBeGreaterThan(1000)
  expect(relaxedBody(body)).toBe(body)
})

describe('the keys of a sender', () => {
  const from = (address: string) => ({ from: { name: 'Acme', address }, to: plain })
  const selectors = async (keys: DkimKey[], address: string) => {
    const raw = await receive(keys, 'Acme', from(address))
    expect(holds(raw, keys).every(Boolean)).toBe(true)
    return verdicts(raw, keys).map(({ tags }) => `${tags.s}@${tags.d}`)
  }

  test.each(['a@other.example', 'a@notacme.example', 'a@example.org'])(
    'are none for %s, which goes out as it is',
    async address => {
      const raw = await receive(both, 'Acme', from(address))
      expect(raw).toBe((await compose('Acme', from(address))).raw.toString('latin1'))
    },
  )

  test('are those of the nearest domain above it', async () => {
    const keys = [...both, keyOf('near', ed25519, 'mail.acme.example')]
    expect(await selectors(keys, 'a@news.acme.example')).toEqual(['big@acme.example', 'small@acme.example'])
    expect(await selectors(keys, 'a@MAIL.Acme.example')).toEqual(['near@mail.acme.example'])
    expect(await selectors(keys, 'a@eu.mail.acme.example')).toEqual(['near@mail.acme.example'])
    expect(await selectors(keys, 'a@acme.example')).toHaveLength(2)
  })
})
