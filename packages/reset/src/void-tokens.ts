import type { Executor } from '@sparekey/db/db'
import { mails } from '@sparekey/db/schema/mails'
import { resetRequests } from '@sparekey/db/schema/reset-requests'
import { and, eq, inArray, ne, sql } from 'drizzle-orm'
import { live, voided } from './status.ts'

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
  await tx
    .update(mails)
    .set({ status: 'cancelled' })
    .where(and(eq(mails.requestId, requestId), eq(mails.kind, 'reset'), eq(mails.status, 'queued')))
}

/**
 * Ends every live token of one recipient: their requests become `replaced` and lose seed and digests, their reset
 * mails that still wait become `cancelled`. Spares the request that replaces them, where it is named.
 * Returns the ids of the requests that it ended. To be called inside a transaction.
 */
export async function voidTokens(
  tx: Executor,
  applicationId: string,
  recipientKey: string,
  exceptRequestId?: string,
): Promise<string[]> {
  const ended = await tx
    .update(resetRequests)
    .set({ status: 'replaced', endedAt: sql`now()`, ...voided })
    .where(
      and(
        eq(resetRequests.applicationId, applicationId),
        eq(resetRequests.recipientKey, recipientKey),
        inArray(resetRequests.status, [...live]),
        exceptRequestId === undefined ? undefined : ne(resetRequests.id, exceptRequestId),
      ),
    )
    .returning({ id: resetRequests.id })
  await tx
    .update(mails)
    .set({ status: 'cancelled', reason: 'replaced' })
    .where(
      and(
        eq(mails.applicationId, applicationId),
        eq(mails.recipientKey, recipientKey),
        eq(mails.kind, 'reset'),
        eq(mails.status, 'queued'),
        exceptRequestId === undefined ? undefined : ne(mails.requestId, exceptRequestId),
      ),
    )
  return ended.map(request => request.id)
}
