import { IntlMessageFormat, type PrimitiveType } from 'intl-messageformat'
import { de } from './de.ts'
import { en } from './en.ts'

type Shape<T> = { [K in keyof T]: T[K] extends string ? string : Shape<T[K]> }

/** What a language file must hold: the same words as English, each an ICU message. */
export type Words = Shape<typeof en>

/** A language is one file and one line here. */
const languages: Record<string, Words> = { en, de }

export type Locale = string
export type Section = keyof Words
export type Translate<S extends Section> = (
  word: keyof Words[S] & string,
  values?: Record<string, PrimitiveType>,
) => string

export const localeNames: readonly Locale[] = Object.keys(languages)

/**
 * The first wanted language that we speak, else English. Takes BCP 47 tags (`de-AT` is served by `de`) and
 * whole `Accept-Language` values (RFC 9110 section 12.5.4, in the order of their weights).
 */
export function pickLocale(...wanted: (string | null | undefined)[]): Locale {
  for (const tag of wanted.flatMap(value => (value ? byWeight(value) : []))) {
    const language = tag.toLowerCase().split('-')[0] ?? ''
    if (Object.hasOwn(languages, language)) return language
  }
  return 'en'
}

function byWeight(header: string): string[] {
  return header
    .slice(0, 200)
    .split(',')
    .map(part => {
      const [tag = '', ...parameters] = part.trim().split(';')
      const weight = parameters.map(p => /^\s*q=([\d.]+)$/.exec(p)?.[1]).find(q => q !== undefined)
      return { tag: tag.trim(), weight: weight === undefined ? 1 : Number(weight) }
    })
    .filter(({ weight }) => weight > 0)
    .sort((a, b) => b.weight - a.weight)
    .map(({ tag }) => tag)
}

const compiled = new Map<string, IntlMessageFormat>()

/** The words of one section in one language. Values are put in as text; escaping is the caller's. */
export function translator<S extends Section>(locale: Locale, section: S): Translate<S> {
  const words = languages[locale]
  if (!words) throw new TypeError(`no language ${locale}`)
  return (word, values) => {
    const key = `${locale} ${section} ${word}`
    let message = compiled.get(key)
    if (!message) {
      message = new IntlMessageFormat(words[section][word] as string, locale, undefined, { ignoreTag: true })
      compiled.set(key, message)
    }
    return String(message.format(values))
  }
}
