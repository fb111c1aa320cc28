import { randomInt } from 'node:crypto'

export interface Random {
  seed: number
  /** From 0, below 1. */
  next(): number
  /** A whole number from 0, below `end`. */
  below(end: number): number
  pick<T>(from: readonly T[]): T
  /** Text of at most `most` characters out of these. */
  text(alphabet: readonly string[], most: number): string
  shuffled<T>(items: readonly T[]): T[]
}

/** A generator (mulberry32) whose seed a failing test can print; SECURITY_SEED brings its run back. */
export function createRandom(seed = Number(process.env.SECURITY_SEED ?? randomInt(2 ** 31))): Random {
  let state = seed >>> 0
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const below = (end: number) => Math.floor(next() * end)
  return {
    seed,
    next,
    below,
    pick: from => from[below(from.length)] as (typeof from)[number],
    text: (alphabet, most) =>
      Array.from({ length: below(most + 1) }, () => alphabet[below(alphabet.length)]).join(''),
    shuffled(items) {
      const left = [...items]
      for (let i = left.length - 1; i > 0; i--) {
        const j = below(i + 1)
        const [a, b] = [left[i], left[j]] as [(typeof left)[number], (typeof left)[number]]
        left[i] = b
        left[j] = a
      }
      return left
    },
  }
}
