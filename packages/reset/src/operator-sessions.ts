import { createHash, randomBytes } from 'node:crypto'
import { operatorSessions } from '@sparekey/db/schema/operators'
import { eq, sql } from 'drizzle-orm'
import type { Context } from './context.ts'

/** A session ends when nothing was done for so long, and in any case after the longest life (ASVS 5.0 7.3). */
export const IDLE_MINUTES = 30
const longestHours = 12
/** Not every call writes: a session that was seen so recently is not marked again. */
const markEverySeconds = 30

const digestOf = (token: string) => createHash('sha256').update(token).digest()
const ends = sql`least(
  ${operatorSessions.seenAt} + make_interval(mins => ${IDLE_MINUTES}),
  ${operatorSessions.createdAt} + make_interval(hours => ${longestHours}))`

/** Opens a session; its token, 256 random bits, is returned here and never again. */
export async function openSession({ db }: Pick<Context, 'db'>): Promise<{ token: string; expiresAt: Date }> {
  const token = randomBytes(32).toString('base64url')
  const [opened] = await db
    .insert(operatorSessions)
    .values({ digest: digestOf(token) })
    .returning({ expiresAt: ends.mapWith(operatorSessions.seenAt) })
  if (!opened) throw new TypeError('an insert returned no row')
  return { token, expiresAt: opened.expiresAt }
}

/** Until when a session lives now that it was used; undefined: it is over. `quiet`: looking does not prolong it. */
export async function useSession(
  { db }: Pick<Context, 'db'>,
  token: string,
  { quiet = false }: { quiet?: boolean } = {},
): Promise<Date | undefined> {
  if (!/^[\w-]{43}$/.test(token)) return undefined
  const digest = digestOf(token)
  const [found] = await db
    .select({
      expiresAt: ends.mapWith(operatorSessions.seenAt),
      alive: sql<boolean>`${ends} > now()`,
      stale: sql<boolean>`${operatorSessions.seenAt} < now() - make_interval(secs => ${markEverySeconds})`,
    })
    .from(operatorSessions)
    .where(eq(operatorSessions.digest, digest))
  if (!found?.alive) return undefined
  if (quiet || !found.stale) return found.expiresAt
  const [marked] = await db
    .update(operatorSessions)
    .set({ seenAt: sql`now()` })
    .where(eq(operatorSessions.digest, digest))
    .returning({ expiresAt: ends.mapWith(operatorSessions.seenAt) })
  return marked?.expiresAt
}

/** Ends a session, if there is one. */
export async function closeSession({ db }: Pick<Context, 'db'>, token: string): Promise<void> {
  await db.delete(operatorSessions).where(eq(operatorSessions.digest, digestOf(token)))
}

/** Deletes sessions that are over. */
export async function purgeSessions({ db }: Pick<Context, 'db'>): Promise<void> {
  await db.delete(operatorSessions).where(sql`${ends} < now()`)
}
