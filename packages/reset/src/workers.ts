import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import { workers } from '@sparekey/db/schema/operators'
import { asc, eq, getTableColumns, sql } from 'drizzle-orm'
import type { Context } from './context.ts'

const beatEveryMs = 5_000
/** Three beats may be missed before a worker counts as gone. */
const aliveFor = '20 seconds'
/** So long one that went away without a word is listed, so that it is missed. */
const listedFor = '5 minutes'

/** Tells the others, every few seconds, that this worker lives, its mail servers, and how many mails it has in hand. */
export function startBeat(
  { db, log }: Pick<Context, 'db'> & { log: { debug(fields: object, message: string): void } },
  { concurrency, busy, servers }: { concurrency: number; busy: () => number; servers: string[] },
): { stop(): Promise<void> } {
  const id = randomUUID()
  const self = { id, host: hostname(), pid: process.pid, concurrency, servers }
  let beating: Promise<unknown> = Promise.resolve()
  const beat = () => {
    beating = db
      .insert(workers)
      .values({ ...self, busy: busy() })
      .onConflictDoUpdate({ target: workers.id, set: { busy: busy(), seenAt: sql`now()` } })
      .then(
        () => {},
        error => log.debug({ error }, 'could not say that this worker lives'),
      )
  }
  beat()
  const timer = setInterval(beat, beatEveryMs)
  return {
    async stop() {
      clearInterval(timer)
      await beating
      await db
        .delete(workers)
        .where(eq(workers.id, id))
        .catch(() => {})
    },
  }
}

/**
 * The workers that were heard of in the last 5 minutes, the oldest first. Those not heard of for 20 seconds are not `alive`:
 * they ended without a word, or can't reach the database.
 */
export async function listWorkers({ db }: Pick<Context, 'db'>) {
  return await db
    .select({
      ...getTableColumns(workers),
      alive: sql<boolean>`${workers.seenAt} > now() - ${aliveFor}::interval`,
    })
    .from(workers)
    .where(sql`${workers.seenAt} > now() - ${listedFor}::interval`)
    .orderBy(asc(workers.startedAt), asc(workers.id))
}

/** Forgets workers that ended without a word. */
export async function purgeWorkers({ db }: Pick<Context, 'db'>): Promise<void> {
  await db.delete(workers).where(sql`${workers.seenAt} < now() - interval '1 day'`)
}
