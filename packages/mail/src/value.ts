import { checkAddress } from './address.ts'

/** One line without control, bidi or invisible format characters, cut to `max` characters. */
export function cleanLine(text: string, max = 100): string {
  const clean = text
    .replace(/[\p{Cc}\p{Zl}\p{Zp}\s]+/gu, ' ')
    .replace(/[\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff]|\p{Cs}/gu, '')
    .trim()
  if (clean.length <= max) return clean
  const points = [...clean]
  return points.length > max ? `${points.slice(0, max - 1).join('')}…` : clean
}

/**
 * Text of a stranger's choosing that mail clients don't turn into a link: a zero-width non-joiner goes into
 * whatever they look for (`://`, `www.`, a dot or an at sign between letters). It reads as it was written.
 */
export function unlinked(text: string): string {
  return text.replace(/(?<=\S)([:.@/])(?=\S)/gu, '\u200c$1\u200c')
}

/** A login for showing. A plain address stays copyable: at worst it becomes a link to the reader's own mailbox. */
export function loginText(login: string): string {
  const line = cleanLine(login, 254)
  return checkAddress(line) ? line : unlinked(line)
}

/** A person's name for the greeting, or null where there is none. */
export function personName(name: string | undefined): string | null {
  const line = cleanLine(name ?? '', 60)
  return line === '' ? null : unlinked(line)
}

/** Digits in groups that can be read out: `1234 5678`, `123 456`. */
export function groupCode(code: string): string {
  const size = code.length % 4 === 0 ? 4 : code.length % 3 === 0 ? 3 : code.length
  return code.match(new RegExp(`.{1,${size || 1}}`, 'g'))?.join(' ') ?? ''
}

/** Browser and system in two words, from a fixed list, so that no words of the client's own get into a mail. */
export function browserName(userAgent: string | undefined): string | null {
  const text = (userAgent ?? '').slice(0, 500)
  const first = (list: [RegExp, string][]) => list.find(([pattern]) => pattern.test(text))?.[1]
  const browser = first([
    [/\bEdgA?\/|EdgiOS\//, 'Edge'],
    [/\bOPR\/|Opera/, 'Opera'],
    [/SamsungBrowser\//, 'Samsung Internet'],
    [/Firefox\/|FxiOS\//, 'Firefox'],
    [/Chrome\/|CriOS\//, 'Chrome'],
    [/Version\/.*Safari\//, 'Safari'],
  ])
  const system = first([
    [/iPhone/, 'iPhone'],
    [/iPad/, 'iPad'],
    [/Android/, 'Android'],
    [/Windows/, 'Windows'],
    [/CrOS/, 'ChromeOS'],
    [/Mac OS X|Macintosh/, 'Mac'],
    [/Linux/, 'Linux'],
  ])
  return browser && system ? `${browser}, ${system}` : (browser ?? system ?? null)
}

/** The URL again when it is http(s), else null. */
export function webUrl(text: string | undefined): string | null {
  return text !== undefined && /^https?:\/\/[^\s"'<>\\^`{|}]+$/i.test(text) && URL.canParse(text)
    ? text
    : null
}
