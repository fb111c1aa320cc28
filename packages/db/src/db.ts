import { drizzle, type PostgresJsDatabase } from 'drizzle-orm/postgres-js'
import postgres from 'postgres'

export type Db = PostgresJsDatabase
/** A transaction or the database itself: what a statement needs. */
export type Executor = Pick<Db, 'select' | 'insert' | 'update' | 'delete' | 'execute'>

/**
 * A pool on a Postgres database; connects at the first statement.
 * A statement that finds no server rejects after `connectSeconds`, so that a caller can say 503 in time.
 */
export function openDb(
  url: string,
  { connections = 10, connectSeconds = 5 }: { connections?: number; connectSeconds?: number } = {},
): { db: Db; ping(): Promise<void>; close(): Promise<void> } {
  const client = postgres(url, {
    max: connections,
    connect_timeout: connectSeconds,
    // Beside PgBouncer, a server-side default would be lost; a stuck statement must not hold a request for ever.
    connection: { application_name: 'sparekey', statement_timeout: 30_000 },
    onnotice: () => {},
  })
  return {
    db: drizzle(client),
    async ping() {
      await client`select 1`
    },
    async close() {
      await client.end({ timeout: 5 })
    },
  }
}
