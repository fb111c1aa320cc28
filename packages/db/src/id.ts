import { randomFillSync } from 'node:crypto'

const alphabet = '0123456789abcdefghjkmnpqrstvwxyz'
const prefixes = ['app', 'key', 'acc', 'req', 'mail', 'hook', 'msg', 'sup'] as const

export type IdPrefix = (typeof prefixes)[number]

/**
 * A new id: its prefix and 26 characters of Crockford's base 32, 48 bits of milliseconds and 80 random bits
 * (a ULID in lower case), so that ids sort by the time they were made.
 */
export function makeId(prefix: IdPrefix, now: number = Date.now()): string {
  if (used + randomLength > pool.length) {
    randomFillSync(pool)
    used = 0
  }
  let text = `${prefix}_${timeText(now)}`
  for (const end = used + randomLength; used < end; used++) text += alphabet[(pool[used] as number) & 31]
  return text
}

const timeLength = 10
const randomLength = 16
/** Random bytes for ids to come: asking the system for each costs more than all the rest. */
const pool = new Uint8Array(256 * randomLength)
let used = pool.length

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
