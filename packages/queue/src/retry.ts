/** How often a job whose handler threw is tried, the first time included. */
export const attempts = 8

const baseMs = 1_000
const capMs = 60_000

/**
 * Milliseconds to wait after the given failed attempt (counted from 1): doubling from 1 s, at most 60 s, of which
 * the upper half is left to chance so that jobs which failed together do not come back together.
 */
export function retryDelay(attempt: number, random: () => number = Math.random): number {
  const full = Math.min(capMs, baseMs * 2 ** (attempt - 1))
  return Math.round(full / 2 + (full / 2) * random())
}

/**
 * Options of every added job. Each is written, kept and read with each job: what can be a worker's own is not here. With more
 * than 64 characters, priority included, a job takes 700 bytes in Redis instead of 300.
 */
export const jobOptions = {
  attempts,
  backoff: { type: 'jittered' },
}

/** What workers do with a job that is over: a done one's id is free again at once, failed ones stay to be looked at. */
export const retention = {
  removeOnComplete: { count: 0 },
  removeOnFail: { age: 7 * 24 * 3600, count: 10_000 },
}
