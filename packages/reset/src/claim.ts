import { mailAttempts, mails } from '@sparekey/db/schema/mails'
import { resetRequests } from '@sparekey/db/schema/reset-requests'
import { runOn } from '@sparekey/db/statement'
import { isUnavailable } from '@sparekey/db/unavailable'
import { and, eq, sql } from 'drizzle-orm'
import { createBatcher, gatherMs, oneFor } from './batcher.ts'
import type { Context } from './context.ts'
import { isLive } from './status.ts'

export type Mail = typeof mails.$inferSelect

/** A mail that this worker alone may send, until its lease is over. */
export interface Claimed {
  mail: Mail
  /** Milliseconds in which the mail may still be delivered. */
  remainingMs: number
  /** Now, by the database's clock. */
  now: Date
}

/** Longer than the longest send, so that two workers never send at once. */
export const leaseSeconds = 40
export const SEND_DEADLINE_MS = 30_000

/**
 * Claims a mail that is queued and due, or whose worker died. It stays `queued` until beginSending: a worker that
 * died before has lost nothing. One that died after counts as a lost line, since the mail server may have the mail.
 * A mail's first try is claimed, or begun, as it is minted.
 * Resolves to `{retryAt}` where the mail is somebody else's or not due yet, and to undefined where nothing is left to do.
 */
export async function claim(
  { db }: Context,
  mailId: string,
): Promise<Claimed | { retryAt: Date } | undefined> {
  return await db.transaction(async tx => {
    const [row] = await tx
      .select({
        mail: mails,
        waitMs: sql<number>`ceil(extract(epoch from
          greatest(${mails.nextTryAt}, coalesce(${mails.leaseUntil}, ${mails.nextTryAt})) - now()) * 1000)`.mapWith(
          Number,
        ),
        remainingMs: sql<number>`floor(extract(epoch from ${mails.deliverBefore} - now()) * 1000)`.mapWith(
          Number,
        ),
        now: sql`now()`.mapWith(mails.createdAt),
      })
      .from(mails)
      .where(eq(mails.id, mailId))
      .for('update')
    if (!row || (row.mail.status !== 'queued' && row.mail.status !== 'sending')) return undefined
    // The queue's clock may run a little ahead of the database's; that is no reason to wait again.
    if (row.waitMs > 250) return { retryAt: new Date(Date.now() + row.waitMs) }
    const died = row.mail.status === 'sending'
    if (died) {
      await tx.insert(mailAttempts).values({
        mailId,
        transport: 'worker',
        outcome: 'lost_after_data',
        response: 'the worker ended while it was sending',
        durationMs: 0,
      })
    }
    const [mail] = await tx
      .update(mails)
      .set({
        status: 'queued',
        claim: sql`${mails.claim} + 1`,
        lost: sql`${mails.lost} + ${died ? 1 : 0}`,
        leaseUntil: sql`now() + make_interval(secs => ${leaseSeconds})`,
      })
      .where(eq(mails.id, mailId))
      .returning()
    // However long it was put off: whatever becomes of this worker, its link works once it has arrived.
    if (mail?.kind === 'reset')
      await tx
        .update(resetRequests)
        .set({
          expiresAt: sql`greatest(${resetRequests.expiresAt}, now() + make_interval(mins => (
            select a.link_minutes from applications a where a.id = ${resetRequests.applicationId})))`,
        })
        .where(
          and(eq(resetRequests.id, mail.requestId), eq(resetRequests.generation, mail.generation), isLive),
        )
    return mail && { mail, remainingMs: row.remainingMs, now: row.now }
  })
}

// Also where it is begun already: whoever asks holds the claim, and may ask again after an answer that got lost. A mail's
// status is compared as an expression: by its bare column the planner takes the index of those that wait, and walks through
// all of it (10,000 rows a batch, measured).
const beginAll = `
  update mails m set status = 'sending' from unnest($1::text[], $2::int[]) as asked (id, claim)
  where m.id = asked.id and m.claim = asked.claim and m.status || '' in ('queued', 'sending')
    and (m.kind = 'notice' or exists (select from reset_requests r where r.id = m.request_id
      and r.generation = m.generation and r.status in ('sending', 'unknown') and r.exchanged_at is null))
  returning m.id`

// Not patient: a connection to the mail server waits for the answer.
const beginTogether = oneFor(({ db }: Context) =>
  createBatcher<Mail, boolean>(
    async asked => {
      const begun = await runOn(db.hot)<{ id: string }>(beginAll, [
        asked.map(({ id }) => id),
        asked.map(({ claim }) => claim),
      ])
      const ids = new Set(begun.map(({ id }) => id))
      return asked.map(({ id }) => ids.has(id))
    },
    { most: 50, gatherMs, together: isUnavailable },
  ),
)

/**
 * queued → sending, as the last thing before the message goes out; from here on the mail may arrive. Resolves to false
 * where the claim has gone to somebody else, the mail was cancelled, or its request is over: then nothing may be sent.
 * Calls share statements; one whose answer was lost may be asked again.
 */
export async function beginSending(context: Context, mail: Mail): Promise<boolean> {
  return await beginTogether(context)(mail)
}
