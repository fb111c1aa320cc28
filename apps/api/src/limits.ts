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
  by: RateLimiterAbstract
}

/** At most so many calls a minute. `name` says what is counted (`address:<application>`, `key`), `who` by whom. */
export interface Limit {
  name: string
  who: string
  most: number
}

/** By address; an IPv6 one counts as its /64 network. */
export const addressLimit = (name: string, ip: string, most: number): Limit => ({
  name,
  who: networkOf(ip),
  most,
})

export interface Limits {
  /**
   * Counts one call. Throws ApiError `rate_limited` beyond the limit, with Retry-After and the RateLimit fields of
   * draft-ietf-httpapi-ratelimit-headers-10.
   */
  take(name: string, who: string, most: number): Promise<void>
  takeAddress(name: string, ip: string, most: number): Promise<void>
  /**
   * Counts one call by two limits, in one round trip. What the first has too many uses up none of the second: it is given
   * back there (in flight it counts), and for as long as the first's minute lasts the second is asked only after it.
   */
  takeInTurn(first: Limit | undefined, second: Limit | undefined): Promise<void>
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

  /** Calls that come at once are counted together, by one command for each key; each has a place of its own in the count. */
  const count = createBatcher<string[], Counted[]>(
    async calls => {
      const sums = new Map<string, number>()
      for (const key of calls.flat()) sums.set(key, (sums.get(key) ?? 0) + 1)
      const counts = new Map<string, Counted>()
      await Promise.all([...sums].map(async ([key, sum]) => counts.set(key, await countAll(key, sum))))
      const take = (key: string) => {
        const counted = counts.get(key) as Counted
        const place = sums.get(key) as number
        sums.set(key, place - 1)
        return { ...counted, consumed: counted.consumed - place + 1 }
      }
      return calls.map(keys => keys.map(take))
    },
    { together: () => true, most: Number.POSITIVE_INFINITY },
  )

  function refuseBeyond({ name, most }: Limit, { consumed, resetSeconds }: Counted): void {
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

  const keyOf = ({ name, who }: Limit) => `${name}:${who}`

  async function takeOne(limit: Limit): Promise<void> {
    const [counted] = (await count([keyOf(limit)])) as [Counted]
    refuseBeyond(limit, counted)
  }

  /** Of whom there were too many in this minute. */
  const overstepped = new Set<string>()

  async function takeBoth(first: Limit, second: Limit): Promise<void> {
    const firstKey = keyOf(first)
    const [counted, behind] = (await count([firstKey, keyOf(second)])) as [Counted, Counted]
    if (counted.consumed > first.most) {
      overstepped.add(firstKey)
      setTimeout(() => overstepped.delete(firstKey), counted.resetSeconds * 1000).unref()
      await behind.by.reward(keyOf(second), 1).catch(() => {})
    }
    refuseBeyond(first, counted)
    refuseBeyond(second, behind)
  }

  return {
    take: (name, who, most) => takeOne({ name, who, most }),
    takeAddress: (name, ip, most) => takeOne(addressLimit(name, ip, most)),
    async takeInTurn(first, second) {
      if (first && second && !overstepped.has(keyOf(first))) return await takeBoth(first, second)
      if (first) await takeOne(first)
      if (second) await takeOne(second)
    },
  }
}

async function consume(limiter: RateLimiterAbstract, key: string, calls: number): Promise<Counted> {
  const { consumedPoints, msBeforeNext } = await limiter.consume(key, calls)
  return {
    consumed: consumedPoints,
    resetSeconds: Math.max(1, Math.ceil(msBeforeNext / 1000)),
    by: limiter,
  }
}

function within<T>(ms: number, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    // Where this process was busy for so long, the answer may lie there already, to be read after its timers.
    const timer = setTimeout(() => setImmediate(reject, new Error('ETIMEDOUT')), ms)
    work.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}
