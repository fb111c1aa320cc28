import { drizzle, type PostgresJsDatabase } from 'drizzle-orm/postgres-js'
import postgres from 'postgres'
import { openPipeline, type Pipeline } from './pipeline.ts'
import { type PoolUse, watchPool } from './pool.ts'

/**
 * A database. `hot` is the same one for statements that look up rows by their keys, thousands of times a second: over
 * connections of their own, whose plans walk through no table and build no hash of one. One of them is the `pipeline`'s.
 */
export type Db = PostgresJsDatabase & { hot: PostgresJsDatabase; pipeline: Pipeline }
/** A transaction or the database itself: what a statement needs. */
export type Executor = Pick<PostgresJsDatabase, 'select' | 'insert' | 'update' | 'delete' | 'execute'>

const hotConnections = 4

/**
 * A plan is kept as long as its connection; one that was made while a table was small must not scan it once it is not. Left
 * to choose, Postgres plans anew for a lone row, since it takes a list to have ten.
 */
const byKeyOnly = {
  enable_seqscan: 'off',
  enable_hashjoin: 'off',
  enable_mergejoin: 'off',
  jit: 'off',
  plan_cache_mode: 'force_generic_plan',
}

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
  const open = (
    max: number,
    settings: Record<string, string> = {},
    more: { onclose?: () => void; max_lifetime?: null } = {},
  ) =>
    postgres(url, {
      ...more,
      max,
      connect_timeout: connectSeconds,
      // Beside PgBouncer, a server-side default would be lost; neither a stuck statement nor a process that stands still
      // within a transaction may keep others from a row for ever. One asks a directory meanwhile, for up to 8 s.
      connection: {
        application_name: 'sparekey',
        statement_timeout: 30_000,
        idle_in_transaction_session_timeout: 20_000,
        ...settings,
      },
      onnotice: () => {},
    })
  const [most, mostHot] = [Math.max(1, connections - hotConnections), Math.min(hotConnections, connections)]
  const client = open(most)
  const hot = open(Math.max(1, mostHot - 1), byKeyOnly)
  // Its connection must not be replaced in the middle of a transaction.
  const pipeline = openPipeline(onclose => open(1, byKeyOnly, { onclose, max_lifetime: null }))
  const [use, useOfHot] = [watchPool(most, client), watchPool(mostHot, hot, pipeline)]
  return {
    db: Object.assign(drizzle(client), { hot: drizzle(hot), pipeline }),
    pools: () => [
      { pool: 'hot', ...useOfHot() },
      { pool: 'other', ...use() },
    ],
    async ping() {
      await client`select 1`
    },
    async close() {
      await Promise.all([client, hot, pipeline.client].map(each => each.end({ timeout: 5 })))
    },
  }
}
