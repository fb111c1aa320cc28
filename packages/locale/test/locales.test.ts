import { expect, test } from 'vitest'
import { de } from '../src/de.ts'
import { en } from '../src/en.ts'
import { pickLocale, translator } from '../src/locales.ts'

test.each([
  [['de-AT'], 'de'],
  [['DE'], 'de'],
  [['fr', 'de'], 'de'],
  [['fr'], 'en'],
  [[undefined, null, ''], 'en'],
  [['fr;q=0.9, en;q=0.3, de;q=0.8'], 'de'],
  [['de;q=0, en'], 'en'],
  [['__proto__', 'constructor'], 'en'],
] as const)('%j is served by %s', (wanted, locale) => {
  expect(pickLocale(...wanted)).toBe(locale)
})

test('every language has every word, with the same values in it', () => {
  const holes = (text: string) => [...new Set(text.match(/\{\w+/g) ?? [])].sort()
  for (const section of ['mail', 'pages'] as const) {
    const german: Record<string, string> = de[section]
    expect(Object.keys(german).sort()).toEqual(Object.keys(en[section]).sort())
    for (const [word, text] of Object.entries(en[section]))
      expect(holes(german[word] ?? '')).toEqual(holes(text))
  }
})

test('a German page never breaks the word for mail in two', () => {
  expect(Object.values(de.pages).filter(text => text.includes('E-Mail'))).toEqual([])
})

test('a language that we do not speak is misuse', () => {
  expect(() => translator('tlh', 'mail')).toThrow(TypeError)
})
