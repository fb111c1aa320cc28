import { applications } from '@sparekey/db/schema/applications'
import { figures } from '@sparekey/db/schema/operators'
import { dialects } from '@sparekey/db/types'
import { and, between, eq, inArray, sql, sum } from 'drizzle-orm'
import type { Context } from './context.ts'
import { type Scope, secondsOf, subjectOf } from './figures.ts'
import { type FailureClass, failureClasses } from './status.ts'
import { readWaiting } from './waiting.ts'

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

interface Count {
  name: string
  value: number
}

const seriesNames = ['accepted', 'sent', 'failed', 'used'] as const
const countNames = ['accepted', 'sent', 'failed', 'ignored', 'used'] as const
const outcomes = ['accepted', 'refused', 'later', 'throttled', 'lost_before_data', 'lost_after_data'] as const

export interface StatsQuery extends Scope {
  window: Window
}

/**
 * Figures of a window that ends now, of one application, of one dialect, of both together or of all. They are read from
 * counts by minute and hour, never from the requests, and only from those of whom they tell, so that they cost the same
 * whatever the number of rows and of applications.
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
  // Summed up by the database: with latencies and mail servers, a week of one subject has some ten thousand rows.
  const moment = sql`case when ${inArray(figures.name, seriesNames)} then ${figures.at} end`
  const [own, busiest] = await Promise.all([
    db
      .select({
        at: moment.mapWith(figures.at),
        name: figures.name,
        value: sum(figures.value).mapWith(Number),
      })
      .from(figures)
      .where(and(within, eq(figures.subject, subjectOf({ applicationId, dialect }))))
      .groupBy(sql`1`, figures.name),
    applicationId
      ? { ids: [applicationId], count: 1 }
      : rankApplications({ db }, { grain, from, to }, dialect),
  ])
  const each = {
    applications: busiest.ids.map(id => ({ key: id, subject: subjectOf({ applicationId: id, dialect }) })),
    dialects: (dialect ? [dialect] : dialects).map(name => ({
      key: name,
      subject: subjectOf({ applicationId, dialect: name }),
    })),
  }
  // With an application and a dialect asked for, both have the same one.
  const subjects = [...new Set([...each.applications, ...each.dialects].map(({ subject }) => subject))]
  const [counts, waiting] = await Promise.all([
    readCounts({ db }, { grain, from, to }, subjects),
    readWaiting({ db }, { applicationId, dialect }),
  ])
  const countsBy = (wanted: { key: string; subject: string }[]) =>
    wanted.flatMap(({ key, subject }) => {
      const rows = counts.filter(row => row.subject === subject)
      return rows.length > 0 ? [{ key, ...countsOf(rows) }] : []
    })
  const seconds = Math.max(1, (to.getTime() - from.getTime()) / 1000)
  const totals = countsOf(own)
  return {
    window,
    from,
    to,
    totals,
    ignoredBy: {
      no_account: total(own, 'ignored:no_account'),
      suppressed: total(own, 'ignored:suppressed'),
      recipient_limit: total(own, 'ignored:recipient_limit'),
      duplicate: total(own, 'ignored:duplicate'),
    },
    failedBy: Object.fromEntries(failureClasses.map(each => [each, total(own, `failed:${each}`)])) as {
      [each in FailureClass]: number
    },
    rates: { accepted: totals.accepted / seconds, sent: totals.sent / seconds },
    waiting,
    latency: percentiles(own),
    servers: serversOf(own),
    applications: await named({ db }, countsBy(each.applications)),
    applicationCount: busiest.count,
    dialects: countsBy(each.dialects).map(({ key, ...counts }) => ({ name: key, ...counts })),
    series: seriesOf(own, from, rows, minutesOf[grain]),
  }
}

/** The moments of a window, and how far they are apart. */
interface Moments {
  grain: 'minute' | 'hour'
  from: Date
  to: Date
}

/** What each of these subjects counted in a window. */
function readCounts({ db }: Pick<Context, 'db'>, { grain, from, to }: Moments, subjects: string[]) {
  // One subject after the other: asked for all at once, the planner rather walks through the whole table.
  return db.execute<{ subject: string; name: string; value: number }>(sql`
    select wanted.subject, counted.name, counted.value
    from jsonb_array_elements_text(${JSON.stringify(subjects)}::jsonb) as wanted (subject)
    cross join lateral (
      select name, sum(value)::float8 as value from figures
      where grain = ${grain} and subject = wanted.subject
        and at between ${from.toISOString()}::timestamptz and ${to.toISOString()}::timestamptz
        and name in ('accepted', 'sent', 'failed', 'ignored', 'used')
      group by name
    ) as counted`)
}

/** So many applications are looked at in each moment of a window: of more the count is no longer exact. */
const mostInMoment = 50

/**
 * The applications with the most failures in a window, then those with the most requests; and how many had any. Of each
 * moment those with the most are read, by an index that has them in this order.
 */
async function rankApplications(
  { db }: Pick<Context, 'db'>,
  { grain, from, to }: Moments,
  dialect: string | undefined,
): Promise<{ ids: string[]; count: number }> {
  const before = dialect ? `dialect:${dialect} ` : ''
  // The planner takes a partial index only for the very words of its condition.
  const most = (name: 'accepted' | 'failed') => sql`(
    select subject, name, value from figures
    where grain = ${grain} and at = moment and split_part(subject, 'app:', 1) = ${before}
      and name = ${sql.raw(`'${name}'`)} and subject like '%app:%' and name in ('accepted', 'failed')
    order by value desc limit ${mostInMoment})`
  const rows = await db.execute<{ id: string; count: number }>(sql`
    select split_part(subject, 'app:', 2) as id, count(*) over ()::int as count
    from generate_series(${from.toISOString()}::timestamptz, ${to.toISOString()}::timestamptz,
      make_interval(mins => ${minutesOf[grain]})) as moment
    cross join lateral (${most('failed')} union all ${most('accepted')}) as top
    group by subject
    order by coalesce(sum(value) filter (where name = 'failed'), 0) desc, sum(value) desc, subject
    limit ${mostApplications}`)
  return { ids: rows.map(({ id }) => id), count: rows[0]?.count ?? 0 }
}

function countsOf(counts: Count[]) {
  return Object.fromEntries(countNames.map(name => [name, total(counts, name)])) as {
    [name in (typeof countNames)[number]]: number
  }
}

function total(counts: Count[], wanted: string): number {
  return counts.reduce((before, { name, value }) => (name === wanted ? before + value : before), 0)
}

/** What mail servers said to attempts. */
function serversOf(counts: Count[]) {
  const servers = new Map<string, Count[]>()
  for (const { name, value } of counts) {
    const at = name.indexOf('@')
    if (at < 0) continue
    const server = name.slice(at + 1)
    servers.set(server, [...(servers.get(server) ?? []), { name: name.slice(0, at), value }])
  }
  return [...servers]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([server, said]) => ({
      server,
      ...(Object.fromEntries(outcomes.map(outcome => [outcome, total(said, outcome)])) as {
        [outcome in (typeof outcomes)[number]]: number
      }),
    }))
}

async function named(
  { db }: Pick<Context, 'db'>,
  counted: ({ key: string } & ReturnType<typeof countsOf>)[],
) {
  if (counted.length === 0) return []
  const known = await db
    .select({ id: applications.id, slug: applications.slug, name: applications.name })
    .from(applications)
    .where(
      inArray(
        applications.id,
        counted.map(({ key }) => key),
      ),
    )
  return counted
    .sort((a, b) => b.failed - a.failed || b.accepted - a.accepted)
    .flatMap(({ key, ...counts }) => {
      const application = known.find(({ id }) => id === key)
      return application ? [{ ...application, ...counts }] : []
    })
}

/** `counts` has each bucket once. */
function percentiles(counts: Count[]) {
  const sorted = counts
    .filter(({ name }) => name.startsWith('latency:'))
    .map(({ name, value }) => [Number(name.slice('latency:'.length)), value] as const)
    .sort(([a], [b]) => a - b)
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

function seriesOf(rows: (Count & { at: Date | null })[], from: Date, length: number, minutes: number) {
  return Array.from({ length }, (_, index) => {
    const at = new Date(from.getTime() + index * minutes * 60_000)
    const { accepted, sent, failed, used } = countsOf(rows.filter(row => row.at?.getTime() === at.getTime()))
    return { at, accepted, sent, failed, used }
  })
}
