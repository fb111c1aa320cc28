import type { Log } from '@sparekey/log/log'
import { type Bucket, type Counted, createCallCounter, windowSeconds } from './call-counter.ts'
import { networkOf } from './client.ts'
import { ApiError } from './problem.ts'

/** Calls in one minute from one address, where no application's own limits say it. */
export const callsPerMinute = 60

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
   * Counts one call. Rejects with ApiError `rate_limited` beyond the limit, with Retry-After and the RateLimit fields of
   * draft-ietf-httpapi-ratelimit-headers-10.
   */
  take(name: string, who: string, most: number): Promise<void>
  takeAddress(name: string, ip: string, most: number): Promise<void>
  /**
   * Counts one call by two limits, in one round trip. What the first has too many uses up none of the second: it is given
   * back there (in flight it counts), and for as long as the first's minute lasts the second is asked only after it.
   * Undefined where there is nothing to wait for, as for most calls of a busy key.
   */
  takeInTurn(first: Limit | undefined, second: Limit | undefined): Promise<void> | undefined
}

/** Limits by the minute, of all instances together where there is Redis. */
export function createLimits(deps: { redis?: unknown; log: Log }): Limits {
  const { count, takeAhead } = createCallCounter(deps)

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

  const bucketOf = ({ name, who, most }: Limit) => ({ key: `${name}:${who}`, most })

  function takeOne(limit: Limit): Promise<void> | undefined {
    const bucket = bucketOf(limit)
    return takeAhead([bucket]) ? undefined : countOne(limit, bucket)
  }

  async function countOne(limit: Limit, bucket: Bucket): Promise<void> {
    const [counted] = (await count([bucket])) as [Counted]
    refuseBeyond(limit, counted)
  }

  /** Of whom there were too many in this minute. */
  const overstepped = new Set<string>()

  function takeBoth(first: Limit, second: Limit): Promise<void> | undefined {
    const buckets: [Bucket, Bucket] = [bucketOf(first), bucketOf(second)]
    return takeAhead(buckets) ? undefined : countBoth(first, second, buckets)
  }

  async function countBoth(first: Limit, second: Limit, buckets: [Bucket, Bucket]): Promise<void> {
    const [{ key }] = buckets
    if (overstepped.has(key)) {
      await takeOne(first)
      return await takeOne(second)
    }
    const [counted, behind] = (await count(buckets)) as [Counted, Counted]
    if (counted.consumed > first.most) {
      overstepped.add(key)
      setTimeout(() => overstepped.delete(key), counted.resetSeconds * 1000).unref()
      await behind.giveBack()
    }
    refuseBeyond(first, counted)
    refuseBeyond(second, behind)
  }

  return {
    take: async (name, who, most) => takeOne({ name, who, most }),
    takeAddress: async (name, ip, most) => takeOne(addressLimit(name, ip, most)),
    takeInTurn(first, second) {
      if (first && second) return takeBoth(first, second)
      const only = first ?? second
      return only && takeOne(only)
    },
  }
}
