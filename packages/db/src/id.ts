import { randomBytes } from 'node:crypto'

const alphabet = '0123456789abcdefghjkmnpqrstvwxyz'
const prefixes = ['app', 'key', 'acc', 'req', 'mail'] as const

export type IdPrefix = (typeof prefixes)[number]

/**
 * A new id: its prefix and 26 characters of Crockford's base 32, 48 bits of milliseconds and 80 random bits
 * (a ULID in lower case), so that ids sort by the time they were made.
 */
export function makeId(prefix: IdPrefix, now: number = Date.now()): string {
  let number = (BigInt(now) << 80n) | BigInt(`0x${randomBytes(10).toString('hex')}`)
  let text = ''
  for (let i = 0; i < 26; i++) {
    text = alphabet[Number(number & 31n)] + text
    number >>= 5n
  }
  return `${prefix}_${text}`
}

/** Whether a text has the form of an id with this prefix. */
export function isId(prefix: IdPrefix, text: string): boolean {
  return text.startsWith(`${prefix}_`) && /^[0-7][0-9a-hjkmnp-tv-z]{25}$/.test(text.slice(prefix.length + 1))
}
