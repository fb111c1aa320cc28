import { randomBytes } from 'node:crypto'

const alphabet = '0123456789abcdefghjkmnpqrstvwxyz'
const prefixes = ['app', 'key', 'acc', 'req', 'mail', 'hook', 'msg'] as const

export type IdPrefix = (typeof prefixes)[number]

/**
 * A new id: its prefix and 26 characters of Crockford's base 32, 48 bits of milliseconds and 80 random bits
 * (a ULID in lower case), so that ids sort by the time they were made.
 */
export function makeId(prefix: IdPrefix, now: number = Date.now()): string {
  return `${prefix}_${base32((BigInt(now) << 80n) | BigInt(`0x${randomBytes(10).toString('hex')}`))}`
}

/** The least id that could have been made at this time: ids made then or later do not sort before it. */
export function firstId(prefix: IdPrefix, at: Date): string {
  return `${prefix}_${base32(BigInt(Math.max(0, at.getTime())) << 80n)}`
}

function base32(value: bigint): string {
  let number = value
  let text = ''
  for (let i = 0; i < 26; i++) {
    text = alphabet[Number(number & 31n)] + text
    number >>= 5n
  }
  return text
}

/** Whether a text has the form of an id with this prefix. */
export function isId(prefix: IdPrefix, text: string): boolean {
  return text.startsWith(`${prefix}_`) && /^[0-7][0-9a-hjkmnp-tv-z]{25}$/.test(text.slice(prefix.length + 1))
}
