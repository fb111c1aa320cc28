import { createHmac, randomBytes } from 'node:crypto'
import { operatorSessions } from '@sparekey/db/schema/operators'
import { eq, sql } from 'drizzle-orm'
import type { Context } from './context.ts'

/** A session ends when nothing was done for so long, and in any case after the longest life (ASVS 5.0 7.3). */
export const IDLE_MINUTES = 30
const longestHours = 12
/** Not every call writes: a session that was seen so recently is not marked again. */
const markEverySeconds = 30

/** Sessions of this operator's key: those that another one opened are unknown. */
export interface OperatorSessions extends Pick<Context, 'db'> {
  adminKey: string
}

const digestOf = ({ adminKey }: OperatorSessions, token: string) =>
  createHmac('sha256', adminKey).update(token).digest()
const ends = sql`least(
  ${operatorSessions.seenAt} + make_interval(mins => ${IDLE_MINUTES}),
  ${operatorSessions.createdAt} + make_interval(hours => ${longestHours}))`

/** Opens a session; its token, 256 random bits, is returned here and never again. */
export async function openSession(sessions: OperatorSessions): Promise<{ token: string; expiresAt: Date }> {
  const token = randomBytes(32).toString('base64url')
  const [opened] = await sessions.db
    .insert(operatorSessions)
    .values({ digest: digestOf(sessions, token) })
    .returning({ expiresAt: ends.mapWith(operatorSessions.seenAt) })
  if (!opened) throw new TypeError('an insert returned no row')
  return { token, expiresAt: opened.expiresAt }
}

/** Until when a session lives now that it was used; undefined: it is over. `quiet`: looking does not prolong it. */
export async function useSession(
  sessions: OperatorSessions,
  token: string,
  { quiet = false }: { quiet?: boolean } = {},
): Promise<Date | undefined> {
  if (!/^[\w-]{43}$/.test(token)) return undefined
  const { db } = sessions
  const digest = digestOf(sessions, token)
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

/** Ends a session. Resolves to whether there was one. */
export async function closeSession(sessions: OperatorSessions, token: string): Promise<boolean> {
  const ended = await sessions.db
    .delete(operatorSessions)
    .where(eq(operatorSessions.digest, digestOf(sessions, token)))
    .returning({ createdAt: operatorSessions.createdAt })
  return ended.length > 0
}

/** Deletes sessions that are over. */
export async function purgeSessions({ db }: Pick<Context, 'db'>): Promise<void> {
  await db.delete(operatorSessions).where(sql`${ends} < now()`)
}
