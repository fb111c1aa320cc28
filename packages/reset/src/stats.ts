import { applications } from '@sparekey/db/schema/applications'
import { mails } from '@sparekey/db/schema/mails'
import { figures } from '@sparekey/db/schema/operators'
import { resetRequests } from '@sparekey/db/schema/reset-requests'
import { and, between, eq, inArray, sql } from 'drizzle-orm'
import { unionAll } from 'drizzle-orm/pg-core'
import type { Context } from './context.ts'
import { secondsOf } from './figures.ts'

export const windows = ['5m', '1h', '24h', '7d'] as const
export type Window = (typeof windows)[number]

/** How each window is read: from rows by minute or by hour, so many of them. The last one is still being filled. */
const readings = {
  '5m': { grain: 'minute', rows: 5 },
  '1h': { grain: 'minute', rows: 60 },
  '24h': { grain: 'hour', rows: 24 },
  '7d': { grain: 'hour', rows: 168 },
} as const

const minutesOf = { minute: 1, hour: 60 } as const
const mostApplications = 20
/** Beyond so many the count of what waits is not told exactly: counting would cost more than it is worth. */
const mostWaiting = 100_000

interface Count {
  name: string
  value: number
}

const countNames = ['accepted', 'sent', 'failed', 'ignored', 'used'] as const
const outcomes = ['accepted', 'refused', 'later', 'throttled', 'lost_before_data', 'lost_after_data'] as const

export interface StatsQuery {
  window: Window
  /** Only this application's, or only this dialect's. */
  applicationId?: string | undefined
  dialect?: string | undefined
}

/**
 * Figures of a window that ends now. They are read from counts by minute and hour, never from the requests, so that they
 * cost the same whatever the number of rows.
 */
export async function readStats({ db }: Pick<Context, 'db'>, { window, applicationId, dialect }: StatsQuery) {
  const { grain, rows } = readings[window]
  const [clock] = await db
    .select({
      now: sql`now()`.mapWith(figures.at),
      from: sql`date_trunc(${grain}, now()) - make_interval(mins => ${(rows - 1) * minutesOf[grain]})`.mapWith(
        figures.at,
      ),
    })
    .from(sql`(select) one`)
  if (!clock) throw new TypeError('a select returned no row')
  const { now: to, from } = clock
  const within = and(eq(figures.grain, grain), between(figures.at, from, to))
  const chosen = applicationId ? `app:${applicationId}` : dialect ? `dialect:${dialect}` : 'all'
  const own = await db
    .select({ at: figures.at, name: figures.name, value: figures.value })
    .from(figures)
    .where(and(within, eq(figures.subject, chosen)))
  const all = await db
    .select({
      subject: figures.subject,
      name: figures.name,
      value: sql`sum(${figures.value})`.mapWith(Number),
    })
    .from(figures)
    .where(and(within, inArray(figures.name, [...countNames, ...outcomes])))
    .groupBy(figures.subject, figures.name)
  const seconds = Math.max(1, (to.getTime() - from.getTime()) / 1000)
  const totals = countsOf(own)
  return {
    window,
    from,
    to,
    totals,
    ignoredBy: {
      no_account: sum(own, 'ignored:no_account'),
      recipient_limit: sum(own, 'ignored:recipient_limit'),
      duplicate: sum(own, 'ignored:duplicate'),
    },
    rates: { accepted: totals.accepted / seconds, sent: totals.sent / seconds },
    waiting: await readWaiting({ db }),
    latency: percentiles(own),
    servers: bySubject(all, 'server:').map(([server, rows]) => ({
      server,
      ...(Object.fromEntries(outcomes.map(outcome => [outcome, sum(rows, outcome)])) as {
        [outcome in (typeof outcomes)[number]]: number
      }),
    })),
    applications: await named({ db }, bySubject(all, 'app:')),
    dialects: bySubject(all, 'dialect:').map(([name, rows]) => ({ name, ...countsOf(rows) })),
    series: seriesOf(own, from, rows, minutesOf[grain]),
  }
}

/** How many requests wait for their mail to be sent, and for how long the oldest has. */
export async function readWaiting({ db }: Pick<Context, 'db'>) {
  const accepted = db
    .select({ createdAt: resetRequests.createdAt })
    .from(resetRequests)
    .where(eq(resetRequests.status, 'accepted'))
    .limit(mostWaiting)
  const minted = db
    .select({ createdAt: mails.createdAt })
    .from(mails)
    .where(and(inArray(mails.status, ['queued', 'sending']), eq(mails.kind, 'reset')))
    .limit(mostWaiting)
  const waiting = unionAll(accepted, minted).as('waiting')
  const [row] = await db
    .select({
      requests: sql`count(*)`.mapWith(Number),
      oldestSeconds: sql<number | null>`extract(epoch from now() - min(${waiting.createdAt}))::float8`,
    })
    .from(waiting)
  return row ?? { requests: 0, oldestSeconds: null }
}

function countsOf(counts: Count[]) {
  return Object.fromEntries(countNames.map(name => [name, sum(counts, name)])) as {
    [name in (typeof countNames)[number]]: number
  }
}

function sum(counts: Count[], wanted: string): number {
  return counts.reduce((total, { name, value }) => (name === wanted ? total + value : total), 0)
}

function bySubject(counts: (Count & { subject: string })[], prefix: string): [string, Count[]][] {
  const groups = new Map<string, Count[]>()
  for (const { subject, ...count } of counts) {
    if (!subject.startsWith(prefix)) continue
    const group = groups.get(subject) ?? []
    groups.set(subject, group)
    group.push(count)
  }
  return [...groups].map(([subject, group]) => [subject.slice(prefix.length), group])
}

async function named({ db }: Pick<Context, 'db'>, groups: [string, Count[]][]) {
  const counted = groups
    .map(([id, rows]) => ({ id, ...countsOf(rows) }))
    .sort((a, b) => b.accepted - a.accepted)
    .slice(0, mostApplications)
  if (counted.length === 0) return []
  const known = await db
    .select({ id: applications.id, slug: applications.slug, name: applications.name })
    .from(applications)
    .where(
      inArray(
        applications.id,
        counted.map(({ id }) => id),
      ),
    )
  return counted.flatMap(counts => {
    const application = known.find(({ id }) => id === counts.id)
    return application ? [{ ...application, ...counts }] : []
  })
}

function percentiles(counts: Count[]) {
  const buckets = new Map<number, number>()
  for (const { name, value } of counts) {
    if (!name.startsWith('latency:')) continue
    const bucket = Number(name.slice('latency:'.length))
    buckets.set(bucket, (buckets.get(bucket) ?? 0) + value)
  }
  const sorted = [...buckets].sort(([a], [b]) => a - b)
  const count = sorted.reduce((total, [, value]) => total + value, 0)
  const at = (share: number): number | null => {
    let seen = 0
    for (const [bucket, value] of sorted) {
      seen += value
      if (seen >= share * count) return secondsOf(bucket)
    }
    return null
  }
  return { count, p50: at(0.5), p95: at(0.95), p99: at(0.99) }
}

function seriesOf(rows: (Count & { at: Date })[], from: Date, length: number, minutes: number) {
  return Array.from({ length }, (_, index) => {
    const at = new Date(from.getTime() + index * minutes * 60_000)
    const { accepted, sent, failed, used } = countsOf(rows.filter(row => row.at.getTime() === at.getTime()))
    return { at, accepted, sent, failed, used }
  })
}
