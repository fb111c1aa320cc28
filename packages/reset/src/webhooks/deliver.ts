import { webhookDeliveries, webhookEndpoints } from '@sparekey/db/schema/webhooks'
import type { DeliveryAttempt } from '@sparekey/db/types'
import { BusyError, type Places } from '@sparekey/webhook/places'
import type { Posted } from '@sparekey/webhook/post'
import { signedHeaders } from '@sparekey/webhook/sign'
import { and, eq, isNotNull, isNull, sql } from 'drizzle-orm'
import type { Context } from '../context.ts'
import type { Next } from '../deliver.ts'
import { syncEvents } from './endpoints.ts'
import { unseal } from './secrets.ts'

/** Longer than the longest post. */
const leaseSeconds = 30
/** Seconds before each further try, as Standard Webhooks proposes; then again and again the last one, for three days. */
const eventWaits = [5, 300, 1800, 7200, 18_000, 36_000]
const daysTried = 3
/** The application's own server must hear of it sooner, and is told until it takes it. */
const directoryWaits = [5, 15, 60, 300, 3600]
/** An endpoint to which nothing could be delivered for so long is switched off. */
const daysFailing = 5
/** So many tries of a delivery are kept one by one. */
const attemptsKept = 10

/** Hands a signed body to an endpoint. */
export type Post = (url: string, headers: Record<string, string>, body: string) => Promise<Posted>

/** How deliveries go out, and how many of them at once. */
export interface Line {
  post: Post
  /** Places for each endpoint. */
  endpoints: Places
  /** Places for all endpoints of one application together, and for its own server. */
  applications: Places
}

/**
 * One try of one delivery, at least once: a worker that dies in between tries again with the same `webhook-id`.
 * Resolves to when to come again: where there is no place for it, shortly, and no try was made. Rejects only where the
 * database does.
 */
export async function deliverWebhook(context: Context, line: Line, deliveryId: string): Promise<Next> {
  const [found] = await context.db
    .select({ endpoint: webhookEndpoints })
    .from(webhookDeliveries)
    .innerJoin(webhookEndpoints, eq(webhookEndpoints.id, webhookDeliveries.endpointId))
    .where(and(eq(webhookDeliveries.id, deliveryId), eq(webhookDeliveries.status, 'queued')))
  if (!found) return undefined
  const { id, applicationId, kind } = found.endpoint
  const tryIt = () => tryOnce(context, line.post, found.endpoint, deliveryId)
  try {
    return await line.applications.hold(`${applicationId} ${kind}`, () => line.endpoints.hold(id, tryIt))
  } catch (error) {
    if (error instanceof BusyError) return { retryAt: new Date(error.until) }
    throw error
  }
}

async function tryOnce(
  context: Context,
  send: Post,
  endpoint: typeof webhookEndpoints.$inferSelect,
  deliveryId: string,
): Promise<Next> {
  const claimed = await context.db.transaction(async tx => {
    const [row] = await tx
      .select({
        delivery: webhookDeliveries,
        waitMs: sql<number>`ceil(extract(epoch from greatest(${webhookDeliveries.nextTryAt},
          coalesce(${webhookDeliveries.leaseUntil}, ${webhookDeliveries.nextTryAt})) - now()) * 1000)`.mapWith(
          Number,
        ),
        now: sql`now()`.mapWith(webhookDeliveries.createdAt),
      })
      .from(webhookDeliveries)
      .where(and(eq(webhookDeliveries.id, deliveryId), eq(webhookDeliveries.status, 'queued')))
      .for('update')
    if (!row) return undefined
    if (row.waitMs > 250) return { retryAt: new Date(Date.now() + row.waitMs) }
    const [delivery] = await tx
      .update(webhookDeliveries)
      .set({
        claim: sql`${webhookDeliveries.claim} + 1`,
        leaseUntil: sql`now() + make_interval(secs => ${leaseSeconds})`,
      })
      .where(eq(webhookDeliveries.id, deliveryId))
      .returning()
    return delivery && { delivery, now: row.now }
  })
  if (!claimed) return undefined
  if (claimed.retryAt) return { retryAt: claimed.retryAt }
  const { delivery, now } = claimed
  const at = now.toISOString()
  if (endpoint.disabledAt)
    return await settle(context, endpoint, delivery, { at, delivered: false, error: 'disabled' }, true)

  const body = JSON.stringify(delivery.payload)
  const secrets = unseal(context, endpoint.secrets, now)
  if (secrets.length === 0)
    return await settle(context, endpoint, delivery, { at, delivered: false, error: 'no_secret' }, true)
  const posted = await send(endpoint.url, signedHeaders(secrets, { id: delivery.id, at: now, body }), body)
  await context.reached?.('posted')
  return await settle(context, endpoint, delivery, { at, ...posted }, false)
}

type Delivery = typeof webhookDeliveries.$inferSelect
type Endpoint = Pick<typeof webhookEndpoints.$inferSelect, 'kind' | 'applicationId'>
type Outcome = DeliveryAttempt & { delivered: boolean; retryAfter?: number }

async function settle(
  context: Context,
  { kind, applicationId }: Endpoint,
  delivery: Delivery,
  outcome: Outcome,
  final: boolean,
): Promise<Next> {
  const waits = kind === 'directory' ? directoryWaits : eventWaits
  const { at, status, error, durationMs, retryAfter = 0 } = outcome
  // An account that is gone has no sessions.
  const delivered = outcome.delivered || (kind === 'directory' && status === 404)
  const longest = waits.at(-1) ?? 0
  const wait = waits[delivery.tries] ?? longest
  // A receiver may ask for more time, but for no longer than we would wait by ourselves.
  const asked = Math.min(retryAfter, longest)
  // Between the wait and half as much again, so that an endpoint that was away is not met by all at once.
  const afterMs = Math.max(asked, wait * (1 + Math.random() / 2)) * 1000
  const over = sql`${webhookDeliveries.startedAt} < now() - make_interval(days => ${daysTried})`
  const failed = final ? sql`true` : kind === 'directory' ? sql`false` : over
  const attempt: DeliveryAttempt = { at, status, error, durationMs }
  const { attempts } = webhookDeliveries
  const [settled] = await context.db
    .update(webhookDeliveries)
    .set({
      tries: sql`${webhookDeliveries.tries} + 1`,
      leaseUntil: null,
      lastStatus: status ?? null,
      lastError: error ?? null,
      attempts: sql`case when jsonb_array_length(${attempts}) < ${attemptsKept} then ${attempts} else ${attempts} - 0 end
        || ${JSON.stringify([attempt])}::jsonb`,
      ...(delivered
        ? { status: 'delivered' as const, endedAt: sql`now()` }
        : {
            status: sql`case when ${failed} then 'failed' else 'queued' end`,
            endedAt: sql`case when ${failed} then now() end`,
            nextTryAt: sql`now() + make_interval(secs => ${afterMs / 1000})`,
          }),
    })
    .where(and(eq(webhookDeliveries.id, delivery.id), eq(webhookDeliveries.claim, delivery.claim)))
    .returning({ status: webhookDeliveries.status })
  if (!settled) return undefined
  if (!delivered && error !== 'disabled') {
    const { id: deliveryId, endpointId } = delivery
    context.log.warn(
      { applicationId, endpointId, deliveryId, outcome: error, code: status, ms: durationMs },
      'webhook not delivered',
    )
  }
  const ended = settled.status === 'failed'
  await note(context, delivery.endpointId, { ...outcome, delivered, ended, stays: kind === 'directory' })
  return settled.status === 'queued' ? { retryAt: new Date(Date.now() + afterMs) } : undefined
}

/**
 * What a try says about its endpoint: well again, failing, or off: gone (410), or failing for too long, unless it `stays`. One
 * that is tried no more because the last event for it has `ended` fails no longer: it may be well when the next one comes.
 */
async function note(
  { db, log }: Context,
  endpointId: string,
  { delivered, status, error, ended, stays }: Outcome & { ended: boolean; stays: boolean },
): Promise<void> {
  const { failingSince } = webhookEndpoints
  if (delivered) {
    await db
      .update(webhookEndpoints)
      .set({ failingSince: null })
      .where(and(eq(webhookEndpoints.id, endpointId), isNotNull(failingSince)))
    return
  }
  if (error === 'disabled') return
  const tooLong = sql`coalesce(${failingSince} < now() - make_interval(days => ${daysFailing}), false)`
  const off = stays ? sql`false` : status === 410 ? sql`true` : tooLong
  const others = sql`exists (select from webhook_deliveries d where d.endpoint_id = ${endpointId} and d.status = 'queued')`
  const quiet = ended ? sql`not (${off} or ${others})` : sql`false`
  const isOff = await db.transaction(async tx => {
    const [noted] = await tx
      .update(webhookEndpoints)
      .set({
        failingSince: sql`case when ${quiet} then null else coalesce(${failingSince}, now()) end`,
        disabledAt: sql`case when ${off} then now() end`,
        disabledReason: sql`case when ${off} then ${status === 410 ? 'it answered 410 Gone' : `nothing could be delivered for ${daysFailing} days`} end`,
      })
      .where(and(eq(webhookEndpoints.id, endpointId), isNull(webhookEndpoints.disabledAt)))
      .returning({ applicationId: webhookEndpoints.applicationId, disabledAt: webhookEndpoints.disabledAt })
    if (!noted?.disabledAt) return false
    await syncEvents(tx, noted.applicationId)
    return true
  })
  if (isOff) log.warn({ endpointId }, 'webhook endpoint switched off')
}
