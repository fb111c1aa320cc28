import type { Executor } from '@sparekey/db/db'
import { applications } from '@sparekey/db/schema/applications'
import { mails } from '@sparekey/db/schema/mails'
import { resetRequests } from '@sparekey/db/schema/reset-requests'
import type { Dialect } from '@sparekey/db/types'
import { and, eq, inArray, isNotNull, isNull, lt, or, sql } from 'drizzle-orm'
import { among, batch, inBatches } from '../batches.ts'
import type { Context } from '../context.ts'
import { delivering, isAccepted, voided } from '../status.ts'
import { enqueueDeliveries, tell } from '../webhooks/events.ts'

/**
 * Ends what ran out of time: links that nobody used are `expired`; what could not be delivered in time is `failed`
 * with the mail server's last words, or stays `unknown` where it may have arrived. A mail that nobody will send again
 * becomes `unknown` or `cancelled` at once. Resolves to how many requests and mails ended.
 */
export async function expire(context: Context): Promise<number> {
  const links = await inBatches(() => expireLinks(context))
  const late = await inBatches(() => endMails(context))
  return links + late + (await inBatches(() => failUntaken(context)))
}

async function expireLinks({ db }: Context): Promise<number> {
  const over = db
    .select({ id: resetRequests.id })
    .from(resetRequests)
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
    .limit(batch)
    .for('update', { skipLocked: true })
  const expired = await db
    .update(resetRequests)
    .set({ status: 'expired', endedAt: sql`now()`, ...voided })
    .where(among(resetRequests.id, over))
    .returning({ id: resetRequests.id })
  return expired.length
}

const dead = { endedAt: sql`now()`, ...voided }
const { id, applicationId, login, dialect, reason } = resetRequests
const which = { id, applicationId, login, dialect, reason }

/** A mail that nobody has in hand and whose request is over, or was sent again: it has no next try. */
const forsaken = sql`${mails.kind} = 'reset' and not exists (
  select from ${resetRequests} r where r.id = ${mails.requestId} and r.generation = ${mails.generation}
  and r.minted_at is not null and r.ended_at is null and r.status <> 'sent')`

/** Mails that are late, or that nobody will send, with their requests. */
async function endMails(context: Context): Promise<number> {
  return await withFailed(context, async (tx, failed) => {
    const over = tx
      .select({ id: mails.id })
      .from(mails)
      .where(
        and(
          inArray(mails.status, ['queued', 'sending']),
          or(lt(mails.deliverBefore, sql`now()`), forsaken),
          sql`(${mails.leaseUntil} is null or ${mails.leaseUntil} < now())`,
        ),
      )
      .limit(batch)
      .for('update', { skipLocked: true })
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
      .where(among(mails.id, over))
      .returning()
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
    }
    return late.length
  })
}

/** Requests that no worker took in time. */
async function failUntaken(context: Context): Promise<number> {
  return await withFailed(context, async (tx, failed) => {
    const over = tx
      .select({ id: resetRequests.id })
      .from(resetRequests)
      .where(and(isAccepted, lt(resetRequests.deliverBefore, sql`now()`)))
      .limit(batch)
      .for('update', { skipLocked: true })
    const never = await tx
      .update(resetRequests)
      .set({
        status: 'failed',
        reason: sql`'out of time: ' || coalesce(${resetRequests.reason}, 'no worker took it')`,
        ...dead,
      })
      .where(among(resetRequests.id, over))
      .returning(which)
    failed.push(...never)
    return never.length
  })
}

/** A transaction that also tells of the requests that failed in it. */
async function withFailed(
  context: Context,
  work: (tx: Executor, failed: Failed[]) => Promise<number>,
): Promise<number> {
  const failed: Failed[] = []
  const { taken, deliveries } = await context.db.transaction(async tx => {
    const taken = await work(tx, failed)
    return { taken, deliveries: await tellFailed(tx, failed) }
  })
  await enqueueDeliveries(context, deliveries)
  for (const { applicationId, dialect } of failed)
    context.record?.({ type: 'failed', class: 'out_of_time', applicationId, dialect })
  return taken
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
