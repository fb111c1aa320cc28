import type { Executor } from '@sparekey/db/db'
import { applications } from '@sparekey/db/schema/applications'
import { mails } from '@sparekey/db/schema/mails'
import { codeGuesses, idempotencyKeys, resetRequests } from '@sparekey/db/schema/reset-requests'
import { webhookDeliveries } from '@sparekey/db/schema/webhooks'
import type { Dialect } from '@sparekey/db/types'
import { and, eq, inArray, isNotNull, isNull, lt, or, sql } from 'drizzle-orm'
import type { Context } from './context.ts'
import { purgeFigures } from './figures.ts'
import { purgeHumanProofs } from './human-proof/check.ts'
import { noticeJob, resetJob, webhookJob } from './jobs.ts'
import { purgeSessions } from './operator-sessions.ts'
import { purgeSpikes } from './spikes.ts'
import { delivering, isAccepted, voided } from './status.ts'
import { purgeSuppressions } from './suppressions.ts'
import { enqueueDeliveries, tell } from './webhooks/events.ts'
import { purgeWorkers } from './workers.ts'

/** Rows whose job is not heard of for so long are enqueued again; with a round every 15 s that is within 60 s. */
const lostAfterSeconds = 30
const batch = 1000

/**
 * Enqueues rows that may have lost their job. Adding a job that is there already changes nothing, so a wrong guess
 * costs little; each row is stamped, so that a long queue is not offered again and again. Rejects where the queue is away.
 * Resolves to how many rows were offered.
 */
export async function enqueueLost({ db, queues }: Context): Promise<number> {
  const old = sql`now() - make_interval(secs => ${lostAfterSeconds})`
  let offered = 0
  for (;;) {
    const requests = await db
      .update(resetRequests)
      .set({ enqueuedAt: sql`now()` })
      .where(
        inArray(
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
      .returning({ id: resetRequests.id, generation: resetRequests.generation })
    const due = await db
      .update(mails)
      .set({ nextTryAt: sql`now()` })
      .where(
        inArray(
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
        inArray(
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
      ...requests.map(({ id, generation }) => resetJob(id, generation)),
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

/** A mail that nobody has in hand and whose request is over, or was sent again: it has no next try. */
const forsaken = sql`${mails.kind} = 'reset' and not exists (
  select from ${resetRequests} r where r.id = ${mails.requestId} and r.generation = ${mails.generation}
  and r.minted_at is not null and r.ended_at is null and r.status <> 'sent')`

/**
 * Ends what ran out of time: links that nobody used are `expired`; what could not be delivered in time is `failed`
 * with the mail server's last words, or stays `unknown` where it may have arrived. A mail that nobody will send again
 * becomes `unknown` or `cancelled` at once. Resolves to how many requests and mails ended.
 */
export async function expire(context: Context): Promise<number> {
  const { db, record } = context
  const expired = await db
    .update(resetRequests)
    .set({ status: 'expired', endedAt: sql`now()`, ...voided })
    .where(
      and(
        isNotNull(resetRequests.tokenDigest),
        isNull(resetRequests.endedAt),
        lt(resetRequests.expiresAt, sql`now()`),
        // What is still to be delivered ends with its mail, below.
        sql`(${resetRequests.status} = 'sent' or not exists (select from mails m where m.request_id = ${resetRequests.id}
          and m.kind = 'reset' and m.status in ('queued', 'sending')))`,
      ),
    )
    .returning({ id: resetRequests.id })
  const failed: Failed[] = []
  const { id, applicationId, login, dialect, reason } = resetRequests
  const which = { id, applicationId, login, dialect, reason }
  let deliveries: string[] = []
  const ended = await db.transaction(async tx => {
    const late = await tx
      .update(mails)
      .set({
        status: sql`case when ${mails.lost} > 0 or ${mails.status} = 'sending' then 'unknown'
          when ${mails.deliverBefore} >= now() then 'cancelled' else 'failed' end`,
        leaseUntil: null,
        reason: sql`case when ${mails.deliverBefore} >= now()
          then case ${mails.status} when 'sending' then 'the worker ended while it was sending' end
          else 'out of time: ' || coalesce((select response from mail_attempts a where a.mail_id = ${mails.id}
          order by a.id desc limit 1), 'no worker took it') end`,
      })
      .where(
        and(
          inArray(mails.status, ['queued', 'sending']),
          or(lt(mails.deliverBefore, sql`now()`), forsaken),
          sql`(${mails.leaseUntil} is null or ${mails.leaseUntil} < now())`,
        ),
      )
      .returning()
    const dead = { endedAt: sql`now()`, ...voided }
    let ended = expired.length
    for (const { requestId, generation, status, kind, reason } of late) {
      if (kind !== 'reset' || status === 'cancelled') continue
      const ending =
        status === 'failed'
          ? { status: 'failed' as const, reason, ...dead }
          : { status: 'unknown' as const, seed: null }
      const [request] = await tx
        .update(resetRequests)
        .set(ending)
        .where(
          and(
            eq(resetRequests.id, requestId),
            eq(resetRequests.generation, generation),
            inArray(resetRequests.status, [...delivering]),
            isNull(resetRequests.exchangedAt),
          ),
        )
        .returning(which)
      if (request && ending.status === 'failed') failed.push(request)
      ended++
    }
    const never = await tx
      .update(resetRequests)
      .set({
        status: 'failed',
        reason: sql`'out of time: ' || coalesce(${resetRequests.reason}, 'no worker took it')`,
        ...dead,
      })
      .where(and(isAccepted, lt(resetRequests.deliverBefore, sql`now()`)))
      .returning(which)
    failed.push(...never)
    deliveries = await tellFailed(tx, failed)
    return ended + never.length
  })
  await enqueueDeliveries(context, deliveries)
  for (const { applicationId, dialect } of failed)
    record?.({ type: 'failed', class: 'out_of_time', applicationId, dialect })
  return ended
}

interface Failed {
  id: string
  applicationId: string
  login: string
  dialect: Dialect
  reason: string | null
}

/** Tells the applications that want to hear of it. */
async function tellFailed(tx: Executor, failed: readonly Failed[]): Promise<string[]> {
  if (failed.length === 0) return []
  const wanting = await tx
    .select({ id: applications.id, webhookEvents: applications.webhookEvents })
    .from(applications)
    .where(
      and(
        inArray(applications.id, [...new Set(failed.map(({ applicationId }) => applicationId))]),
        sql`'reset.failed' = any(${applications.webhookEvents})`,
      ),
    )
  const deliveries: string[] = []
  for (const { id: requestId, applicationId, ...data } of failed) {
    const application = wanting.find(({ id }) => id === applicationId)
    if (!application) continue
    deliveries.push(...(await tell(tx, { application, event: 'reset.failed', data: { requestId, ...data } })))
  }
  return deliveries
}

/**
 * Deletes requests that ended longer ago than `days`, with their mails and attempts; idempotency keys and counts of wrong
 * codes after 24 hours; and what has an end of its own.
 */
export async function purge({ db }: Context, days: number): Promise<number> {
  let deleted = 0
  for (;;) {
    const rows = await db
      .delete(resetRequests)
      .where(
        inArray(
          resetRequests.id,
          db
            .select({ id: resetRequests.id })
            .from(resetRequests)
            .where(lt(resetRequests.endedAt, sql`now() - make_interval(days => ${days})`))
            .limit(batch),
        ),
      )
      .returning({ id: resetRequests.id })
    deleted += rows.length
    if (rows.length < batch) break
  }
  const yesterday = sql`now() - interval '24 hours'`
  await db
    .delete(webhookDeliveries)
    .where(lt(webhookDeliveries.endedAt, sql`now() - make_interval(days => ${days})`))
  await db.delete(idempotencyKeys).where(lt(idempotencyKeys.createdAt, yesterday))
  await purgeFigures({ db })
  await purgeWorkers({ db })
  await purgeSessions({ db })
  await purgeSpikes({ db })
  await purgeHumanProofs({ db })
  await purgeSuppressions({ db })
  await db.delete(codeGuesses).where(lt(codeGuesses.hour, sql`${yesterday} - interval '1 hour'`))
  return deleted
}
