import type { Log } from '@sparekey/log/log'
import { createBatcher } from '@sparekey/reset/batcher'
import { type RateLimiterAbstract, RateLimiterMemory, RateLimiterRedis } from 'rate-limiter-flexible'
import { networkOf } from './client.ts'
import { ApiError } from './problem.ts'

/** Calls in one minute from one address, where no application's own limits say it. */
export const callsPerMinute = 60
const windowSeconds = 60
const redisDeadlineMs = 250
const redisPauseMs = 2_000

/** How many calls there were with this one, and when the minute is over. */
interface Counted {
  consumed: number
  resetSeconds: number
}

export interface Limits {
  /**
   * Counts one call. `name` says what is counted (`address:<application>`, `key`), `who` by whom.
   * Throws ApiError `rate_limited` beyond `most` in a minute, with Retry-After and the RateLimit fields of
   * draft-ietf-httpapi-ratelimit-headers-10.
   */
  take(name: string, who: string, most: number): Promise<void>
  /** The same by address; an IPv6 one counts as its /64 network. */
  takeAddress(name: string, ip: string, most: number): Promise<void>
}

/**
 * Limits by the minute: counted on Redis where one is given, so that all instances count together, else (and
 * while Redis is away) in this process's memory, so that each instance counts for itself.
 */
export function createLimits({ redis, log }: { redis?: unknown; log: Log }): Limits {
  // Each call has a limit of its own; the limiter only counts.
  const options = { points: Number.MAX_SAFE_INTEGER, duration: windowSeconds, keyPrefix: 'sparekey:limit' }
  const memory = new RateLimiterMemory(options)
  const shared = redis
    ? new RateLimiterRedis({ ...options, storeClient: redis, rejectIfRedisNotReady: true })
    : undefined
  let awayUntil = 0

  async function countAll(key: string, calls: number): Promise<Counted> {
    if (shared && performance.now() >= awayUntil) {
      try {
        const counted = await within(redisDeadlineMs, consume(shared, key, calls))
        awayUntil = 0
        return counted
      } catch (error) {
        if (awayUntil === 0) log.warn({ error }, 'limits are counted in memory: Redis is away')
        awayUntil = performance.now() + redisPauseMs
      }
    }
    return await consume(memory, key, calls)
  }

  /** Calls of one key that come at once are counted by one command; each has a place of its own in the count. */
  const counters = new Map<string, { count: (call: undefined) => Promise<Counted>; users: number }>()

  async function count(key: string): Promise<Counted> {
    const counter = counters.get(key) ?? {
      users: 0,
      count: createBatcher<undefined, Counted>(
        async calls => {
          const { consumed, resetSeconds } = await countAll(key, calls.length)
          return calls.map((_, index) => ({ consumed: consumed - calls.length + 1 + index, resetSeconds }))
        },
        { together: () => true },
      ),
    }
    counters.set(key, counter)
    counter.users++
    try {
      return await counter.count(undefined)
    } finally {
      if (--counter.users === 0) counters.delete(key)
    }
  }

  async function take(name: string, who: string, most: number): Promise<void> {
    const { consumed, resetSeconds } = await count(`${name}:${who}`)
    if (consumed <= most) return
    const policy = name.split(':')[0]
    throw new ApiError('rate_limited', `At most ${most} calls in a minute; try again in ${resetSeconds} s.`, {
      headers: {
        'Retry-After': String(resetSeconds),
        'RateLimit-Policy': `"${policy}";q=${most};w=${windowSeconds}`,
        RateLimit: `"${policy}";r=0;t=${resetSeconds}`,
      },
    })
  }

  return { take, takeAddress: (name, ip, most) => take(name, networkOf(ip), most) }
}

async function consume(limiter: RateLimiterAbstract, key: string, calls: number) {
  const { consumedPoints, msBeforeNext } = await limiter.consume(key, calls)
  return { consumed: consumedPoints, resetSeconds: Math.max(1, Math.ceil(msBeforeNext / 1000)) }
}

function within<T>(ms: number, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    // Where this process was busy for so long, the answer may lie there already, to be read after its timers.
    const timer = setTimeout(() => setImmediate(reject, new Error('ETIMEDOUT')), ms)
    work.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}
