import { randomInt } from 'node:crypto'

/** Every choice that a run leaves to chance, so that it can be made again. */
export interface Dice {
  seed: number
  /** From 0 up to 1, without 1. */
  random(): number
  /** A whole number from 0 up to `most`, without it. */
  below(most: number): number
  pick<T>(list: readonly T[]): T
  chance(of: number): boolean
}

/** mulberry32: small, even enough, and the same on every machine. */
export function createDice(seed: number): Dice {
  let state = seed >>> 0
  const random = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = state
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const below = (most: number) => Math.floor(random() * most)
  return {
    seed,
    random,
    below,
    pick: list => list[below(list.length)] as (typeof list)[number],
    chance: of => random() < of,
  }
}

/** `FAULT_SEED` where somebody wants an earlier run again. */
export function someSeed(): number {
  const { FAULT_SEED } = process.env
  return FAULT_SEED ? Number(FAULT_SEED) : randomInt(2 ** 31)
}
