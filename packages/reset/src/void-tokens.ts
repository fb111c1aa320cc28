import type { Executor } from '@sparekey/db/db'
import { mails } from '@sparekey/db/schema/mails'
import { resetRequests } from '@sparekey/db/schema/reset-requests'
import { and, eq, inArray, notInArray, type SQL, sql } from 'drizzle-orm'
import { isLive, voided } from './status.ts'

/**
 * Waits until nobody else mints for this recipient or changes who it is, and keeps others waiting until the
 * transaction ends. To be taken before any row.
 */
export async function lockRecipient(
  tx: Executor,
  applicationId: string,
  recipientKey: string,
): Promise<void> {
  await tx.execute(
    sql`select pg_advisory_xact_lock(hashtextextended(${`${applicationId} ${recipientKey}`}, 0))`,
  )
}

/** Cancels a request's reset mails that wait; one that is under way can't be called back. */
export async function cancelMails(tx: Executor, requestId: string): Promise<void> {
  await cancelWaiting(tx, eq(mails.requestId, requestId), null)
}

/**
 * Passes by a mail that another transaction has in hand. A worker locks a mail and then its request, a canceller the request
 * and then its mails: they would wait for each other. The worker asks for the request before it sends, and so ends that mail.
 */
async function cancelWaiting(tx: Executor, which: SQL | undefined, reason: string | null): Promise<void> {
  const waiting = tx
    .select({ id: mails.id })
    .from(mails)
    .where(and(which, eq(mails.kind, 'reset'), eq(mails.status, 'queued')))
    .for('update', { skipLocked: true })
  await tx.update(mails).set({ status: 'cancelled', reason }).where(inArray(mails.id, waiting))
}

/** Whose tokens are to end: a recipient of an application, but for the request that replaces all others. */
export interface Voided {
  applicationId: string
  recipientKey: string
  exceptRequestId?: string
}

/**
 * Ends every live token of these recipients: their requests become `replaced` and lose seed and digests, their reset
 * mails that still wait become `cancelled`. Returns the ids of the requests that it ended. To be called inside a transaction.
 */
export async function voidTokens(tx: Executor, recipients: Voided[]): Promise<string[]> {
  const except = recipients.flatMap(({ exceptRequestId }) => exceptRequestId ?? [])
  const ended = await tx
    .update(resetRequests)
    .set({ status: 'replaced', endedAt: sql`now()`, ...voided })
    .where(and(isOneOf(recipients, resetRequests), isLive, notInArray(resetRequests.id, except)))
    .returning({ id: resetRequests.id })
  await cancelWaiting(tx, and(isOneOf(recipients, mails), notInArray(mails.requestId, except)), 'replaced')
  return ended.map(request => request.id)
}

function isOneOf(recipients: Voided[], { applicationId, recipientKey }: typeof resetRequests | typeof mails) {
  const applications = sql.param(recipients.map(recipient => recipient.applicationId))
  const keys = sql.param(recipients.map(recipient => recipient.recipientKey))
  return sql`(${applicationId}, ${recipientKey}) in (select * from unnest(${applications}::text[], ${keys}::text[]))`
}
