import { randomFillSync } from 'node:crypto'

const alphabet = '0123456789abcdefghjkmnpqrstvwxyz'
const prefixes = ['app', 'key', 'acc', 'req', 'mail', 'hook', 'msg', 'sup', 'call'] as const

export type IdPrefix = (typeof prefixes)[number]

/**
 * A new id: its prefix and 26 characters of Crockford's base 32, 48 bits of milliseconds and 80 random bits
 * (a ULID in lower case), so that ids sort by the time they were made.
 */
export function makeId(prefix: IdPrefix, now: number = Date.now()): string {
  if (now !== last.at) last = { at: now, text: timeText(now) }
  return `${prefix}_${last.text}${randomText()}`
}

const timeLength = 10
const randomLength = 16
/** Many are made in one millisecond. */
let last = { at: Number.NaN, text: '' }
/** Random characters for ids to come: asking the system for each costs more than all the rest. */
const pool = Buffer.alloc(256 * randomLength)
let used = pool.length

function randomText(): string {
  if (used === pool.length) {
    randomFillSync(pool)
    for (let at = 0; at < pool.length; at++) pool[at] = alphabet.charCodeAt((pool[at] as number) & 31)
    used = 0
  }
  used += randomLength
  return pool.toString('latin1', used - randomLength, used)
}

function timeText(at: number): string {
  let number = at
  let text = ''
  for (let i = 0; i < timeLength; i++) {
    text = alphabet[number % 32] + text
    number = Math.floor(number / 32)
  }
  return text
}

/** The least id that could have been made at this time: ids made then or later do not sort before it. */
export function firstId(prefix: IdPrefix, at: Date): string {
  return `${prefix}_${timeText(Math.max(0, at.getTime()))}${'0'.repeat(randomLength)}`
}

/** Sorts after every id with this prefix: of a time that 48 bits don't hold. */
export const pastIds = (prefix: IdPrefix): string => firstId(prefix, new Date(2 ** 48))

/** Whether a text has the form of an id with this prefix. */
export function isId(prefix: IdPrefix, text: string): boolean {
  return text.startsWith(`${prefix}_`) && /^[0-7][0-9a-hjkmnp-tv-z]{25}$/.test(text.slice(prefix.length + 1))
}
