import type { Log } from '@sparekey/log/log'
import { createBatcher } from '@sparekey/reset/batcher'
import { type RateLimiterAbstract, RateLimiterMemory, RateLimiterRedis } from 'rate-limiter-flexible'

export const windowSeconds = 60
const redisDeadlineMs = 250
const redisPauseMs = 2_000
/** So many calls in a minute make it worth to count some ahead. */
const busyFrom = 100

/** What calls are counted by, and how many a minute may have. */
export interface Bucket {
  key: string
  most: number
}

/** How many calls there were with this one, and when the minute is over. */
export interface Counted {
  consumed: number
  resetSeconds: number
  /** Takes this call out of the count again. */
  giveBack(): Promise<void>
}

/** Calls that are counted already and were not made yet. */
interface Ahead {
  left: number
  /** How many there were with these. */
  consumed: number
  until: number
}

export interface CallCounter {
  /** Counts one call in each of these buckets. */
  count(buckets: Bucket[]): Promise<Counted[]>
  /** Counts one call in each if all have calls counted ahead, which none of them can refuse. Else counts nothing. */
  takeAhead(buckets: Bucket[]): boolean
}

/**
 * Counts calls by the minute: on Redis where one is given, so that all instances count together, else (and while Redis is
 * away) in this process's memory. Calls that come at once are counted together, by one command for each bucket.
 *
 * A busy bucket is no round trip for each call: a hundredth of what it may have is counted ahead, for the calls that come
 * next. So there are never more calls than `most`, and at worst a hundredth fewer for each instance.
 */
export function createCallCounter({ redis, log }: { redis?: unknown; log: Log }): CallCounter {
  // Each call has a limit of its own; the limiter only counts.
  const options = { points: Number.MAX_SAFE_INTEGER, duration: windowSeconds, keyPrefix: 'sparekey:limit' }
  const memory = new RateLimiterMemory(options)
  const shared = redis
    ? new RateLimiterRedis({ ...options, storeClient: redis, rejectIfRedisNotReady: true })
    : undefined
  let awayUntil = 0

  async function consume(key: string, calls: number) {
    if (shared && performance.now() >= awayUntil) {
      try {
        const counted = await within(redisDeadlineMs, consumeBy(shared, key, calls))
        awayUntil = 0
        return counted
      } catch (error) {
        if (awayUntil === 0) log.warn({ error }, 'limits are counted in memory: Redis is away')
        awayUntil = performance.now() + redisPauseMs
      }
    }
    return await consumeBy(memory, key, calls)
  }

  const aheads = new Map<string, Ahead>()

  /** Unless its minute is over, or an operator has just lowered what it may have. */
  function aheadOf({ key, most }: Bucket): Ahead | undefined {
    const ahead = aheads.get(key)
    return ahead && performance.now() < ahead.until && ahead.consumed <= most ? ahead : undefined
  }

  /** Counts calls in one bucket: those that are not counted already, and some ahead. */
  async function countCalls(bucket: Bucket, calls: number): Promise<Counted> {
    const { key, most } = bucket
    const ahead = aheadOf(bucket)
    const known = Math.min(ahead?.left ?? 0, calls)
    if (ahead) ahead.left -= known
    if (ahead && known === calls) return fromAhead(ahead)
    const hundredth = Math.floor(most / 100)
    // Near its end each call is counted by itself, so that no instance keeps what another needs.
    const more = ahead && ahead.consumed + calls + 2 * hundredth <= most ? hundredth : 0
    // Its minute must not last longer here than where it is counted.
    const asked = performance.now()
    const { consumedPoints, msBeforeNext, by } = await consume(key, calls - known + more)
    // A count that began anew has few calls yet, and those ahead are counted in it all the same.
    if (more > 0 || (hundredth > 0 && consumedPoints >= busyFrom)) {
      const left = consumedPoints <= most ? more : 0
      keep(key, { left, consumed: consumedPoints, until: asked + msBeforeNext })
    }
    return {
      consumed: consumedPoints - more,
      resetSeconds: secondsOf(msBeforeNext),
      giveBack: async () => void (await by.reward(key, 1).catch(() => {})),
    }
  }

  const fromAhead = (ahead: Ahead): Counted => ({
    consumed: ahead.consumed - ahead.left,
    resetSeconds: secondsOf(ahead.until - performance.now()),
    async giveBack() {
      ahead.left++
    },
  })

  function keep(key: string, ahead: Ahead): void {
    if (!aheads.has(key)) forgetAfter(key, ahead.until)
    aheads.set(key, ahead)
  }

  /** One timer for each bucket, whatever becomes of it until then. */
  function forgetAfter(key: string, until: number): void {
    const forget = () => {
      const end = aheads.get(key)?.until ?? 0
      if (performance.now() < end) forgetAfter(key, end)
      else aheads.delete(key)
    }
    setTimeout(forget, until - performance.now() + 1000).unref()
  }

  const count = createBatcher<Bucket[], Counted[]>(
    async calls => {
      const sums = new Map<string, { bucket: Bucket; sum: number }>()
      for (const bucket of calls.flat()) {
        const known = sums.get(bucket.key)
        if (known) known.sum++
        else sums.set(bucket.key, { bucket, sum: 1 })
      }
      const counts = new Map<string, Counted>()
      await Promise.all(
        [...sums.values()].map(async ({ bucket, sum }) =>
          counts.set(bucket.key, await countCalls(bucket, sum)),
        ),
      )
      // Each call has a place of its own in the count.
      const take = ({ key }: Bucket): Counted => {
        const counted = counts.get(key) as Counted
        const places = sums.get(key) as { sum: number }
        return { ...counted, consumed: counted.consumed - --places.sum }
      }
      return calls.map(buckets => buckets.map(take))
    },
    { together: () => true, most: Number.POSITIVE_INFINITY },
  )

  return {
    count,
    takeAhead(buckets) {
      const all = buckets.map(aheadOf)
      if (!all.every(ahead => ahead?.left)) return false
      for (const ahead of all) (ahead as Ahead).left--
      return true
    },
  }
}

const secondsOf = (ms: number) => Math.max(1, Math.ceil(ms / 1000))

async function consumeBy(by: RateLimiterAbstract, key: string, calls: number) {
  const { consumedPoints, msBeforeNext } = await by.consume(key, calls)
  return { consumedPoints, msBeforeNext, by }
}

function within<T>(ms: number, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    // Where this process was busy for so long, the answer may lie there already, to be read after its timers.
    const timer = setTimeout(() => setImmediate(reject, new Error('ETIMEDOUT')), ms)
    work.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}
