import { drizzle, type PostgresJsDatabase } from 'drizzle-orm/postgres-js'
import postgres from 'postgres'
import { type PoolUse, watchPool } from './pool.ts'

/**
 * A database. `hot` is the same one for statements that look up rows by their keys, thousands of times a second: over
 * connections of their own, whose plans walk through no table and build no hash of one.
 */
export type Db = PostgresJsDatabase & { hot: PostgresJsDatabase }
/** A transaction or the database itself: what a statement needs. */
export type Executor = Pick<PostgresJsDatabase, 'select' | 'insert' | 'update' | 'delete' | 'execute'>

const hotConnections = 4

/** A plan is kept as long as its connection; one that was made while a table was small must not scan it once it is not. */
const byKeyOnly = { enable_seqscan: 'off', enable_hashjoin: 'off', enable_mergejoin: 'off', jit: 'off' }

/**
 * Pools on a Postgres database, of `connections` together; they connect at the first statement.
 * A statement that finds no server rejects after `connectSeconds`, so that a caller can say 503 in time.
 */
export function openDb(
  url: string,
  { connections = 10, connectSeconds = 5 }: { connections?: number; connectSeconds?: number } = {},
): {
  db: Db
  /** How much of each pool is in use. */
  pools(): ({ pool: 'hot' | 'other' } & PoolUse)[]
  ping(): Promise<void>
  close(): Promise<void>
} {
  const open = (max: number, settings: Record<string, string> = {}) =>
    postgres(url, {
      max,
      connect_timeout: connectSeconds,
      // Beside PgBouncer, a server-side default would be lost; a stuck statement must not hold a request for ever.
      connection: { application_name: 'sparekey', statement_timeout: 30_000, ...settings },
      onnotice: () => {},
    })
  const [most, mostHot] = [Math.max(1, connections - hotConnections), Math.min(hotConnections, connections)]
  const client = open(most)
  const hot = open(mostHot, byKeyOnly)
  const [use, useOfHot] = [watchPool(client, most), watchPool(hot, mostHot)]
  return {
    db: Object.assign(drizzle(client), { hot: drizzle(hot) }),
    pools: () => [
      { pool: 'hot', ...useOfHot() },
      { pool: 'other', ...use() },
    ],
    async ping() {
      await client`select 1`
    },
    async close() {
      await Promise.all([client.end({ timeout: 5 }), hot.end({ timeout: 5 })])
    },
  }
}
