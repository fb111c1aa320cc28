import type { Executor } from '@sparekey/db/db'
import { firstId, pastIds } from '@sparekey/db/id'
import { resetRequests } from '@sparekey/db/schema/reset-requests'
import type { Dialect, RequestStatus } from '@sparekey/db/types'
import { and, desc, eq, gte, isNotNull, lt, type SQL, sql } from 'drizzle-orm'
import type { PgColumn } from 'drizzle-orm/pg-core'
import type { Context } from './context.ts'
import { loginKey } from './login.ts'
import { type Scope, summary } from './manage.ts'
import { decodeCursor, encodeCursor, toPage } from './page.ts'

/** So many requests does one call look at, whether or not they are what is searched for. */
const mostLooked = 20_000

export interface ListOptions {
  login?: string | undefined
  status?: RequestStatus | undefined
  dialect?: Dialect | undefined
  /** Asked for at or after `from`, before `to`. */
  from?: Date | undefined
  to?: Date | undefined
  cursor?: string | undefined
  limit: number
}

/**
 * Requests, newest first. Where few among many fit, a page ends after 20,000 that were looked at, with fewer than
 * `limit` items or none; its `nextCursor` goes on from there. Throws ResetError `invalid_request` for a bad cursor.
 */
export async function listRequests({ db }: Context, applicationId: Scope, options: ListOptions) {
  const { limit } = options
  const way = wayOf(applicationId, options)
  const range = rangeOf(options)
  const read = (from: Executor, within: Range) =>
    from
      .select()
      .from(resetRequests)
      .where(and(way.through(within), ...way.filters))
      .orderBy(...way.order)
      .limit(limit + 1)
  if (way.filters.length === 0) {
    const { items, nextCursor } = toPage(await read(db, range), limit)
    return { items: items.map(summary), nextCursor }
  }
  return await db.transaction(async tx => {
    // An index whose order is not that of the way would have to be sorted, and so is not taken.
    if (way.ordered)
      await tx.execute(
        sql`select set_config(name, 'off', true) from unnest(array['enable_sort', 'enable_incremental_sort']) name`,
      )
    const [end] = await tx
      .select({ id: resetRequests.id })
      .from(resetRequests)
      .where(way.through(range))
      .orderBy(...way.order)
      .offset(mostLooked - 1)
      .limit(1)
    const rows = await read(tx, end ? { ...range, from: end.id } : range)
    const { items, nextCursor } = toPage(rows, limit)
    return { items: items.map(summary), nextCursor: nextCursor ?? (end ? encodeCursor(end.id) : null) }
  })
}

/** Ids from the first on, and before the last. They begin with the time, so that a list's own order is that of time. */
interface Range {
  from: string
  before: string
}

function rangeOf({ from, to, cursor }: ListOptions): Range {
  const ends = [
    pastIds('req'),
    ...(to ? [firstId('req', to)] : []),
    ...(cursor === undefined ? [] : [decodeCursor('req', cursor)]),
  ]
  return {
    from: firstId('req', from ?? new Date(0)),
    before: ends.reduce((least, id) => (id < least ? id : least)),
  }
}

/** What a search goes along, from the newest request on, and what is asked of each on the way. */
interface Way {
  through(range: Range): SQL | undefined
  order: SQL[]
  /** Whether there is an index in this very order. */
  ordered: boolean
  filters: SQL[]
}

/**
 * The planner takes what fits to be spread evenly, and so would rather go along the primary key, past millions where all
 * that fit are old. It is left no choice: the order is that of one index and no other (`any` of one value is not known
 * to be that value, which would make an order of it void), and filters are written so that no index serves them.
 */
function wayOf(applicationId: Scope, { login, status, dialect }: ListOptions): Way {
  const filter = (column: PgColumn, value: string | undefined) =>
    value === undefined ? [] : [sql`${column} is not distinct from ${value}`]
  const byStatus = filter(resetRequests.status, status)
  const byDialect = filter(resetRequests.dialect, dialect)
  const byApplication = filter(resetRequests.applicationId, applicationId)

  if (login !== undefined) return ofLogin(applicationId, login, [...byStatus, ...byDialect])
  if (status === 'failed' || status === 'unknown' || status === 'cancelled') {
    const kept = isNotNull(resetRequests.trouble)
    return along(resetRequests.trouble, status, [...byApplication, ...byDialect], kept)
  }
  if (applicationId !== undefined)
    return along(resetRequests.applicationId, applicationId, [...byStatus, ...byDialect])
  if (dialect !== undefined && dialect !== 'sparekey')
    return along(resetRequests.dialect, dialect, byStatus, sql`${resetRequests.dialect} <> 'sparekey'`)
  return {
    through: between,
    order: [desc(resetRequests.id)],
    ordered: true,
    filters: [...byStatus, ...byDialect],
  }
}

/** Along an index on this column and the id: those with this value. `kept` is what a partial index keeps. */
function along(column: PgColumn, value: string, filters: SQL[], kept?: SQL): Way {
  return {
    through: range => and(kept, sql`${column} = any(array[${value}])`, between(range)),
    order: [desc(column), desc(resetRequests.id)],
    ordered: true,
    filters,
  }
}

/** With all applications named, the index on application and login serves operators as well. */
function ofLogin(applicationId: Scope, login: string, filters: SQL[]): Way {
  const application =
    applicationId !== undefined
      ? eq(resetRequests.applicationId, applicationId)
      : sql`${resetRequests.applicationId} = any(array(select id from applications))`
  return {
    through: range => and(application, eq(resetRequests.loginKey, loginKey(login)), between(range)),
    order: [desc(resetRequests.id)],
    ordered: false,
    filters,
  }
}

const between = ({ from, before }: Range) => and(gte(resetRequests.id, from), lt(resetRequests.id, before))
