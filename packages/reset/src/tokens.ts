import type { Executor } from '@sparekey/db/db'
import { accounts } from '@sparekey/db/schema/accounts'
import { applications } from '@sparekey/db/schema/applications'
import { resetRequests } from '@sparekey/db/schema/reset-requests'
import { digestToken, isToken, sameDigest } from '@sparekey/token/token'
import { and, eq, gt, inArray, sql } from 'drizzle-orm'
import type { Application } from './applications.ts'
import type { Context } from './context.ts'
import { unusable } from './errors.ts'
import type { ResetRequest } from './load.ts'
import { loginKey, maskLogin } from './login.ts'
import { live } from './status.ts'
import { cancelMails } from './void-tokens.ts'

/** A token that works now: its status is live and its time is not over, by the database's clock. */
export const usable = and(inArray(resetRequests.status, [...live]), gt(resetRequests.expiresAt, sql`now()`))

export interface Held {
  request: ResetRequest
  application: Omit<Application, 'aliases'>
  account: typeof accounts.$inferSelect | null
  secondsLeft: number
}

/**
 * Whose token this is. `applicationId`: the only application that the caller may speak for.
 * Throws ResetError `token_unusable` for every token that does not work now, whatever the cause.
 */
export async function findToken({ db }: Context, token: string, applicationId?: string): Promise<Held> {
  if (!isToken(token)) throw unusable()
  const digest = digestToken(token)
  const [row] = await db
    .select({
      request: resetRequests,
      application: applications,
      account: accounts,
      secondsLeft: sql`floor(extract(epoch from ${resetRequests.expiresAt} - now()))`.mapWith(Number),
    })
    .from(resetRequests)
    .innerJoin(applications, eq(applications.id, resetRequests.applicationId))
    .leftJoin(accounts, eq(accounts.id, resetRequests.accountId))
    .where(and(eq(resetRequests.tokenDigest, digest), usable))
  if (!row?.request.tokenDigest || !sameDigest(row.request.tokenDigest, digest)) throw unusable()
  if (applicationId !== undefined && row.application.id !== applicationId) throw unusable()
  return row
}

/**
 * live → used, if the token still is the one that was looked at and its time is not over: of parallel callers exactly
 * one gets through. Resolves to the database's time, ISO 8601. Throws ResetError `token_unusable`.
 */
export async function consume(tx: Executor, { id, tokenDigest }: ResetRequest): Promise<string> {
  const [used] = await tx
    .update(resetRequests)
    .set({ status: 'used', endedAt: sql`now()`, seed: null, codeDigest: null, codeLookup: null })
    .where(and(eq(resetRequests.id, id), eq(resetRequests.tokenDigest, tokenDigest as Buffer), usable))
    .returning({ at: sql<string>`to_char(now() at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')` })
  if (!used) throw unusable()
  // After a lost line a second try may be waiting: it would carry what works no more.
  await cancelMails(tx, id)
  return used.at
}

/**
 * Looks at a token and changes nothing. `login` is masked, since whoever holds the token need not know it.
 * Throws ResetError `token_unusable`.
 */
export async function peek(context: Context, token: string, applicationId?: string) {
  const { request, application } = await findToken(context, token, applicationId)
  return { expiresAt: request.expiresAt ?? new Date(0), login: maskLogin(request.login), application }
}

/**
 * Looks at a token that must belong to this login, and changes nothing. Resolves to whole seconds that it still works,
 * by the database's clock, and to whose it is: a login may be another's since. Throws ResetError `token_unusable`, also for
 * another's login, and for a test mail's token, which is nobody's.
 */
export async function checkToken(
  context: Context,
  { token, login, applicationId }: { token: string; login: string; applicationId: string },
): Promise<{ secondsLeft: number; recipientKey: string }> {
  const { request, secondsLeft } = await findToken(context, token, applicationId)
  const { recipient, recipientKey } = request
  if (request.loginKey !== loginKey(login) || recipient?.test || recipientKey === null) throw unusable()
  return { secondsLeft, recipientKey }
}
