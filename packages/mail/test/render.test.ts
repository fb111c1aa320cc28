import { localeNames } from '@sparekey/locale/locales'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { contrast, lookOf } from '../src/look.ts'
import { createRenderer } from '../src/render.ts'
import type { Brand, MailValues } from '../src/words.ts'

/** Those that Unicode has not given out, and halves of pairs, too. */
const anyCharacter = fc.nat(0x10ffff).map(at => String.fromCodePoint(at))

const { render } = createRenderer()
const at = new Date('2026-11-21T05:30:00Z')
const plain: Brand = { name: 'Acme', color: '#1f6f5c' }
const full: Brand = {
  ...plain,
  logoUrl: 'https://acme.example/logo.png?a=1&b=2',
  supportEmail: 'help@acme.example',
  address: 'Acme Ltd\n1 Main Street',
}
const reset = {
  kind: 'reset' as const,
  login: 'ada@example.com',
  link: 'https://id.example/reset?a=1&b=2#tok_en-1',
  linkMinutes: 30,
  codeMinutes: 10,
  linkExpiresAt: at,
}
const { link: _, ...codeAlone } = { ...reset, code: '741175' }
const notice = { kind: 'notice' as const, login: 'ada@example.com', changedAt: at }
const firefox = 'Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0'

const addresses = (html: string) =>
  [...html.matchAll(/(?:href|src|background|action)="([^"]*)"|url\(([^)]*)\)/g)]
    .map(([, one, two]) => (one ?? two ?? '').replaceAll('&amp;', '&').replaceAll('&#x3D;', '='))
    .filter((value, index, all) => all.indexOf(value) === index)
const unescaped = (html: string) =>
  html
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&#x27;', "'")
    .replaceAll('&quot;', '"')
    .replaceAll('&#x3D;', '=')
    .replaceAll('&#x60;', '`')
    .replaceAll('&amp;', '&')

describe.each(localeNames)('in %s', locale => {
  const cases: [string, Brand, MailValues, string[]][] = [
    ['reset, bare', plain, reset, [reset.link]],
    [
      'reset, everything',
      full,
      { ...reset, name: 'Ada', code: '12345678' },
      [full.logoUrl ?? '', reset.link, 'mailto:help@acme.example'],
    ],
    ['code alone', full, codeAlone, [full.logoUrl ?? '', 'mailto:help@acme.example']],
    ['notice, bare', plain, notice, []],
    [
      'notice, everything',
      full,
      {
        ...notice,
        name: 'Ada',
        ip: '2001:db8::7',
        userAgent: firefox,
        forgotUrl: 'https://id.example/forgot/a',
      },
      [full.logoUrl ?? '', 'https://id.example/forgot/a', 'mailto:help@acme.example'],
    ],
  ]
  test.each(cases)('%s: complete, small, and with no other link', async (_, brand, values, links) => {
    const mail = await render(brand, locale, values)
    expect(mail.html).toMatch(new RegExp(`<html[^>]* lang="${locale}"`))
    expect(mail.html).toContain('<meta name="color-scheme" content="light dark">')
    expect(mail.html).toContain('prefers-color-scheme:dark')
    expect(Buffer.byteLength(mail.html)).toBeLessThan(40_000)
    expect(addresses(mail.html).sort()).toEqual([...links].sort())
    expect(mail.html).not.toMatch(/<script|@import|<link/i)
    for (const part of [mail.subject, mail.html, mail.text]) {
      expect(part).not.toMatch(/\{\{|undefined|null|\[object/)
      expect(part).toContain('Acme')
    }
    expect(mail.subject).not.toMatch(/[\r\n]/)
    expect(mail.text).not.toMatch(/<[a-z]/i)
  })

  test('the reset mail says the link, the grouped code and until when, in both parts', async () => {
    const mail = await render(full, locale, { ...reset, code: '12345678' })
    for (const part of [unescaped(mail.html), mail.text]) {
      for (const words of [reset.link, '1234 5678', '05:30', 'UTC', '30', '10', 'ada@example.com'])
        expect(part).toContain(words)
    }
    expect((await render(full, locale, { ...reset, code: '123456' })).text).toContain('123 456')
  })

  test('the notice says when and from where, and leaves out what is unknown', async () => {
    const mail = await render(full, locale, { ...notice, ip: '192.0.2.7', userAgent: firefox })
    for (const part of [mail.html, mail.text]) {
      expect(part).toContain('192.0.2.7')
      expect(part).toContain('Firefox, Linux')
    }
    const odd = await render(full, locale, { ...notice, ip: 'www.evil.test', userAgent: 'https://evil.test' })
    expect(odd.html + odd.text).not.toContain('evil')
  })
})

describe('values of a stranger’s choosing', () => {
  test.each([
    '<img src=x onerror=alert(1)>',
    '</mj-text><mj-raw><script>1</script>',
    '{{7*7}}',
    '{{{link}}}',
    '"><a href="x">',
    '` onclick=1',
  ])('%s comes out as text, wherever it is put', async evil => {
    const brand = { name: evil, color: evil, logoUrl: evil, supportEmail: evil, address: evil }
    for (const values of [
      { ...reset, name: evil, login: evil, code: evil.slice(0, 10) },
      { ...notice, name: evil, login: evil, ip: evil, userAgent: evil },
    ]) {
      const mail = await render(brand, 'en', values)
      expect(mail.html).not.toMatch(/<script|<img|<mj-|<a href="x"|49/)
      expect(unescaped(mail.html).replaceAll('\u200c', '')).toContain(evil)
      expect(mail.text.replaceAll('\u200c', '')).toContain(evil)
      expect(addresses(mail.html)).toEqual(values.kind === 'reset' ? [reset.link] : [])
    }
  })

  test('whatever they are, the mail has the elements, attributes, links and lines of any other', async () => {
    // biome-ignore format: one glance is enough
    const piece = fc.constantFrom(
      '<', '>', '"', "'", '`', '=', '&', '&lt;', '{{', '}}', '{{{', '{{#if', '</td>', '<!--', '-->', '<![endif]-->', '<b>',
      '<a href="https://evil.test">', 'https://', 'www.', 'evil.test', 'javascript:', ' onerror=', '@', '.', ':', '/',
      '\r\n', '\n', '\u0085', '\u2028', '\0', '\u202e', '\u200c', ' ', 'a', 'ä', '🦊',
    )
    const text = fc.oneof(
      fc.array(piece, { minLength: 1, maxLength: 10 }).map(pieces => pieces.join('')),
      fc.string({ unit: anyCharacter, minLength: 1, maxLength: 40 }),
    )
    // Tags as they are, but for what stands in an attribute that leads nowhere.
    const tagsOf = (html: string) =>
      (html.match(/<[^>]*>/g) ?? []).map(tag => tag.replace(/(alt|title|aria-label)="[^"]*"/g, '$1'))
    const linesOf = (part: string) => part.split(/\r\n|[\n\v\f\r\u0085\u2028\u2029]/).length
    const linksOf = (part: string) => part.match(/https?:\/\/\S+/g)
    const of = (name: string, login: string): MailValues[] => [
      { ...reset, name, login, code: '12345678' },
      { ...notice, name, login },
    ]
    const holds = fc.asyncProperty(
      fc.record({ name: text, login: text, app: text, address: text, color: text }),
      async ({ name, login, app, address, color }) => {
        const [own, plain] = [
          { ...full, name: app, address },
          { ...full, name: 'Acme', address: 'Street' },
        ]
        for (const [index, values] of of(name, login).entries()) {
          const mail = await render({ ...own, color }, 'en', values)
          const usual = await render(plain, 'en', of('Ada', 'ada')[index] as MailValues)
          expect(tagsOf((await render(own, 'en', values)).html)).toEqual(tagsOf(usual.html))
          expect(addresses(mail.html)).toEqual(addresses(usual.html))
          expect(linesOf(mail.text)).toBe(linesOf(usual.text))
          expect(linesOf(mail.subject)).toBe(1)
          // An application's words are its own; a person's lead nowhere.
          const byName = await render(plain, 'en', values)
          expect(linksOf(byName.text)).toEqual(linksOf(usual.text))
        }
      },
    )
    await fc.assert(holds)
  })

  test.each([
    'https://evil.test',
    'www.evil.test',
    'evil.test/now',
    'me@evil.test',
    'Click evil.test:8080 now',
  ])('a name %s is readable but no link in either part', async evil => {
    const mail = await render(plain, 'en', { ...notice, name: evil, login: `x ${evil}` })
    for (const part of [mail.html, mail.text]) {
      expect(part).not.toContain('evil.test')
      expect(part).not.toMatch(/:\/\/evil|www\.evil|@evil/)
      expect(part.replaceAll('\u200c', '')).toContain(evil)
    }
  })

  test('line breaks, control and bidi characters are gone from subject, name and footer', async () => {
    const evil = 'A\r\nBcc: b@x.test\0\u202e\u0007'
    const mail = await render({ ...plain, name: evil }, 'en', { ...reset, name: evil })
    expect(mail.subject).toBe('Reset your A Bcc: b@x.test password')
    expect(mail.html + mail.text).not.toMatch(/[^\P{Cc}\n]|\u202e/u)
  })

  test.each(['javascript:alert(1)', 'https://x.test/"onload', 'data:text/html,1', ''])(
    'link %j is a TypeError',
    async link => {
      await expect(render(plain, 'en', { ...reset, link })).rejects.toThrow(TypeError)
      await expect(render(plain, 'en', { ...notice, forgotUrl: link })).rejects.toThrow(TypeError)
    },
  )
})

test('the button’s words can be read on any brand colour', () => {
  for (let i = 0; i < 4096; i += 7) {
    const { brand, onBrand } = lookOf(`#${i.toString(16).padStart(3, '0')}`)
    expect(contrast(brand, onBrand)).toBeGreaterThanOrEqual(4.5)
  }
  expect(lookOf('red;} body{').brand).toBe('#1f4fd8')
})

test('no language is an error, not English by accident', async () => {
  await expect(render(plain, 'tlh', reset)).rejects.toThrow(TypeError)
})
