import { mails } from '@sparekey/db/schema/mails'
import { resetRequests } from '@sparekey/db/schema/reset-requests'
import { webhookDeliveries } from '@sparekey/db/schema/webhooks'
import { and, eq, inArray, lt, sql } from 'drizzle-orm'
import { among, batch } from '../batches.ts'
import type { Context } from '../context.ts'
import { noticeJob, resetJob, webhookJob } from '../jobs.ts'
import { isAccepted } from '../status.ts'

/** Rows whose job is not heard of for so long are enqueued again; with a round every 15 s that is within 60 s. */
const lostAfterSeconds = 30

/**
 * Enqueues rows that may have lost their job. Adding a job that is there already changes nothing, so a wrong guess
 * costs little; each row is stamped, so that a long queue is not offered again and again. `afterSeconds`: of silence. Rejects
 * where the queue is away. Resolves to how many rows were offered.
 */
export async function enqueueLost({ db, queues }: Context, afterSeconds = lostAfterSeconds): Promise<number> {
  // Once for all batches: where these take longer than that, the first would be old again before the last is reached.
  const [since] = await db.execute<{ at: string }>(
    sql`select (now() - make_interval(secs => ${afterSeconds}))::text as at`,
  )
  const old = sql`${since?.at}::timestamptz`
  let offered = 0
  for (;;) {
    const requests = await db
      .update(resetRequests)
      .set({ enqueuedAt: sql`now()` })
      .where(
        among(
          resetRequests.id,
          db
            .select({ id: resetRequests.id })
            .from(resetRequests)
            .where(and(isAccepted, lt(resetRequests.enqueuedAt, old)))
            .orderBy(resetRequests.enqueuedAt)
            .limit(batch)
            .for('update', { skipLocked: true }),
        ),
      )
      .returning({
        id: resetRequests.id,
        generation: resetRequests.generation,
        // No worker would take it any more: `expire` ends it.
        isLate: sql<boolean>`${resetRequests.deliverBefore} <= now()`,
      })
    const due = await db
      .update(mails)
      .set({ nextTryAt: sql`now()` })
      .where(
        among(
          mails.id,
          db
            .select({ id: mails.id })
            .from(mails)
            .where(
              and(
                inArray(mails.status, ['queued', 'sending']),
                lt(mails.nextTryAt, old),
                sql`(${mails.leaseUntil} is null or ${mails.leaseUntil} < now())`,
              ),
            )
            .orderBy(mails.nextTryAt)
            .limit(batch)
            .for('update', { skipLocked: true }),
        ),
      )
      .returning({ id: mails.id, kind: mails.kind, requestId: mails.requestId, generation: mails.generation })
    const deliveries = await db
      .update(webhookDeliveries)
      .set({ nextTryAt: sql`now()` })
      .where(
        among(
          webhookDeliveries.id,
          db
            .select({ id: webhookDeliveries.id })
            .from(webhookDeliveries)
            .where(
              and(
                eq(webhookDeliveries.status, 'queued'),
                lt(webhookDeliveries.nextTryAt, old),
                sql`(${webhookDeliveries.leaseUntil} is null or ${webhookDeliveries.leaseUntil} < now())`,
              ),
            )
            .orderBy(webhookDeliveries.nextTryAt)
            .limit(batch)
            .for('update', { skipLocked: true }),
        ),
      )
      .returning({ id: webhookDeliveries.id })
    const jobs = [
      ...requests.filter(({ isLate }) => !isLate).map(({ id, generation }) => resetJob(id, generation)),
      ...due.map(mail =>
        mail.kind === 'notice' ? noticeJob(mail.id) : resetJob(mail.requestId, mail.generation),
      ),
    ]
    if (jobs.length > 0) await queues.add('mail', jobs)
    if (deliveries.length > 0)
      await queues.add(
        'webhook',
        deliveries.map(({ id }) => webhookJob(id)),
      )
    offered += jobs.length + deliveries.length
    if ([requests, due, deliveries].every(rows => rows.length < batch)) return offered
  }
}
