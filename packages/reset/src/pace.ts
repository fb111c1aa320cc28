import { sql } from 'drizzle-orm'
import type { Context } from './context.ts'

/**
 * Takes the next place in a mail server's rate, evenly spaced over all workers on this database. Resolves to the
 * milliseconds until it is due; or to undefined where that is more than `mostMs`: then no place is taken, so that what
 * does not wait leaves no gap.
 */
export async function takePlace(
  { db }: Pick<Context, 'db'>,
  server: string,
  perSecond: number,
  mostMs: number,
): Promise<number | undefined> {
  const gap = sql`make_interval(secs => ${1 / perSecond}::float8)`
  const [place] = await db.execute<{ wait: number }>(sql`
    insert into paces (server, next_at) values (${server}, clock_timestamp() + ${gap})
    on conflict (server) do update set next_at = greatest(paces.next_at, clock_timestamp()) + ${gap}
    where paces.next_at < clock_timestamp() + make_interval(secs => ${mostMs / 1000}::float8)
    returning extract(epoch from next_at - ${gap} - clock_timestamp())::float8 * 1000 as wait`)
  return place && Math.max(0, place.wait)
}
