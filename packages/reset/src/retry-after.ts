import type { OutcomeClass } from '@sparekey/db/types'

/** Answered tries after which a mail is given up. */
export const MAX_TRIES = 10
/** A line lost after DATA may mean a delivered mail: two such losses end it as `unknown`. */
export const MAX_LOST = 2

const seconds = {
  later: { base: 5, cap: 300 },
  throttled: { base: 30, cap: 300 },
  lost_before_data: { base: 2, cap: 30 },
  lost_after_data: { base: 20, cap: 20 },
  /** No server was asked, since the rates of all are used up. */
  over_rate: { base: 10, cap: 10 },
}

/**
 * Milliseconds until the next try: exponential with jitter (half fixed, half random), so that mails held up
 * together do not come back together. `count` counts the tries of this kind, from 1.
 */
export function retryAfter(
  outcome: Exclude<OutcomeClass, 'accepted' | 'refused'> | 'over_rate',
  count: number,
  random: () => number = Math.random,
): number {
  const { base, cap } = seconds[outcome]
  const full = Math.min(cap, base * 2 ** Math.max(0, count - 1))
  return Math.round(full * 1000 * (0.5 + random() / 2))
}
