import { setTimeout as pause } from 'node:timers/promises'
import postgres from 'postgres'
import { ROLE } from './cluster.ts'
import type { State } from './state.ts'

/*
 * Who still needs the server? Every process that opened it keeps one idle connection, the guard, with a shared advisory
 * lock. The one that closes gives its lock up and tries to get it alone: it succeeds only when it was the last. Somebody
 * who opens at that moment waits for the lock, loses the connection to the stopping server, and starts it again.
 */
const LOCK = 7_270_001
const CREATION_LOCK = 7_270_002
const NAME = 'sparekey guard'
const PATIENCE_MS = 1_000

/** A process's hold on the running server. */
export type Guard = {
  /** Gives the hold up. True when nobody else is connected; then nobody new gets in before `end`. */
  release(): Promise<boolean>
  /** Resolves once the connection is gone, if not by `end`. */
  lost: Promise<void>
  end(): Promise<void>
}

/** The address of one database on the server. */
export const urlOf = (state: State, port: number, database: string): string =>
  `postgres://${ROLE}:${state.password}@127.0.0.1:${port}/${database}`

/** Connects, takes hold of the server and makes sure that the database exists. Throws what postgres.js throws. */
export const takeHold = async (state: State, port: number, database: string): Promise<Guard> => {
  let lose = () => {}
  const lost = new Promise<void>(resolve => {
    lose = resolve
  })
  const sql = postgres(urlOf(state, port, 'postgres'), {
    onclose: () => lose(),
    max: 1,
    idle_timeout: 0,
    // A connection that is replaced after a while would lose the lock.
    max_lifetime: null,
    connect_timeout: 10,
    fetch_types: false,
    prepare: false,
    onnotice: () => {},
    connection: { application_name: NAME },
  })
  const end = () => sql.end({ timeout: 0 })
  try {
    await sql`select pg_advisory_lock_shared(${LOCK}::bigint)`
    const exists = async () => (await sql`select from pg_database where datname = ${database}`).length > 0
    if (!(await exists())) {
      await sql`select pg_advisory_lock(${CREATION_LOCK}::bigint)`
      if (!(await exists())) await sql`create database ${sql(database)}`
      await sql`select pg_advisory_unlock(${CREATION_LOCK}::bigint)`
    }
  } catch (error) {
    await end()
    throw error
  }
  const strangers = () => sql`
    select from pg_stat_activity
    where backend_type = 'client backend' and pid <> pg_backend_pid() and application_name <> ${NAME}`
  return {
    end,
    lost,
    release: async () => {
      await sql`select pg_advisory_unlock_shared(${LOCK}::bigint)`
      const [row] = await sql`select pg_try_advisory_lock(${LOCK}::bigint) as alone`
      if (!row?.alone) return false
      // A pool that was closed a moment ago may still be listed.
      const until = Date.now() + PATIENCE_MS
      while ((await strangers()).length > 0) {
        if (Date.now() > until) return false
        await pause(10)
      }
      return true
    },
  }
}
