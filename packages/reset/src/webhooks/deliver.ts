import { webhookDeliveries, webhookEndpoints } from '@sparekey/db/schema/webhooks'
import type { Posted } from '@sparekey/webhook/post'
import { signedHeaders } from '@sparekey/webhook/sign'
import { and, eq, isNull, sql } from 'drizzle-orm'
import type { Context } from '../context.ts'
import type { Next } from '../deliver.ts'
import { syncEvents } from './endpoints.ts'
import { unseal } from './secrets.ts'

/** Longer than the longest post. */
const leaseSeconds = 30
/** Seconds before each further try, as Standard Webhooks proposes; then again and again the last one, for three days. */
const waits = [5, 300, 1800, 7200, 18_000, 36_000]
const daysTried = 3
/** An endpoint to which nothing could be delivered for so long is switched off. */
const daysFailing = 5

/** Hands a signed body to an endpoint. */
export type Post = (url: string, headers: Record<string, string>, body: string) => Promise<Posted>

/**
 * One try of one delivery, at least once: a worker that dies in between tries again with the same `webhook-id`.
 * Resolves to when to come again. Rejects only where the database does.
 */
export async function deliverWebhook(context: Context, send: Post, deliveryId: string): Promise<Next> {
  const { db } = context
  const claimed = await db.transaction(async tx => {
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
  const [endpoint] = await db
    .select()
    .from(webhookEndpoints)
    .where(eq(webhookEndpoints.id, delivery.endpointId))
  if (!endpoint) return undefined
  if (endpoint.disabledAt)
    return await settle(context, delivery, { delivered: false, error: 'disabled' }, true)

  const body = JSON.stringify(delivery.payload)
  const secrets = unseal(context, endpoint.secrets, now)
  if (secrets.length === 0)
    return await settle(context, delivery, { delivered: false, error: 'no_secret' }, true)
  const posted = await send(endpoint.url, signedHeaders(secrets, { id: delivery.id, at: now, body }), body)
  return await settle(context, delivery, posted, false)
}

type Delivery = typeof webhookDeliveries.$inferSelect
type Outcome = { delivered: boolean; status?: number; error?: string; retryAfter?: number }

async function settle(context: Context, delivery: Delivery, outcome: Outcome, final: boolean): Promise<Next> {
  const { status, error, retryAfter = 0 } = outcome
  const wait = waits[Math.min(delivery.tries, waits.length - 1)] ?? 0
  // Between the wait and half as much again, so that an endpoint that was away is not met by all at once.
  const afterMs = Math.max(retryAfter, wait * (1 + Math.random() / 2)) * 1000
  const over = sql`${webhookDeliveries.startedAt} < now() - make_interval(days => ${daysTried})`
  const failed = final ? sql`true` : over
  const [settled] = await context.db
    .update(webhookDeliveries)
    .set({
      tries: sql`${webhookDeliveries.tries} + 1`,
      leaseUntil: null,
      lastStatus: status ?? null,
      lastError: error ?? null,
      ...(outcome.delivered
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
  await note(context, delivery.endpointId, outcome)
  return settled.status === 'queued' ? { retryAt: new Date(Date.now() + afterMs) } : undefined
}

/** What a try says about its endpoint: well again, failing, or off: gone (410), or failing for too long. */
async function note(
  { db, log }: Context,
  endpointId: string,
  { delivered, status, error }: Outcome,
): Promise<void> {
  if (delivered) {
    await db
      .update(webhookEndpoints)
      .set({ failingSince: null })
      .where(and(eq(webhookEndpoints.id, endpointId), sql`${webhookEndpoints.failingSince} is not null`))
    return
  }
  if (error === 'disabled') return
  const tooLong = sql`${webhookEndpoints.failingSince} < now() - make_interval(days => ${daysFailing})`
  const off = status === 410 ? sql`true` : tooLong
  const [noted] = await db
    .update(webhookEndpoints)
    .set({
      failingSince: sql`coalesce(${webhookEndpoints.failingSince}, now())`,
      disabledAt: sql`case when ${off} then now() end`,
      disabledReason: sql`case when ${off} then ${status === 410 ? 'it answered 410 Gone' : `nothing could be delivered for ${daysFailing} days`} end`,
    })
    .where(and(eq(webhookEndpoints.id, endpointId), isNull(webhookEndpoints.disabledAt)))
    .returning({ applicationId: webhookEndpoints.applicationId, disabledAt: webhookEndpoints.disabledAt })
  if (!noted?.disabledAt) return
  log.warn({ endpointId }, 'webhook endpoint switched off')
  await syncEvents(db, noted.applicationId)
}
