import type { Executor } from '@sparekey/db/db'
import { makeId } from '@sparekey/db/id'
import { applications } from '@sparekey/db/schema/applications'
import { webhookDeliveries, webhookEndpoints } from '@sparekey/db/schema/webhooks'
import { type WebhookEvent, webhookEvents } from '@sparekey/db/types'
import { makeSigningSecret } from '@sparekey/webhook/sign'
import { and, desc, eq, isNotNull, lt, sql } from 'drizzle-orm'
import { getApplication } from '../applications.ts'
import type { Context } from '../context.ts'
import { invalid, notFound } from '../errors.ts'
import { decodeCursor, type PageQuery, toPage } from '../page.ts'
import { deleteDeliveries } from './delete-deliveries.ts'
import { enqueueDeliveries } from './events.ts'
import { rotated, seal } from './secrets.ts'

/** How long the old secret signs beside the new one. */
export const overlapHours = 24
const mostEndpoints = 20

export interface EndpointInput {
  url: string
  /** All of them unless told. */
  events?: WebhookEvent[] | undefined
}

/** An endpoint as its owner sees it: its secret's text is shown when it is made, and never again. */
function view({
  id,
  applicationId,
  url,
  events,
  disabledAt,
  disabledReason,
  failingSince,
  createdAt,
}: typeof webhookEndpoints.$inferSelect) {
  return {
    id,
    applicationId,
    url,
    events,
    enabled: disabledAt === null,
    disabledReason,
    failingSince,
    createdAt,
  }
}

/** Makes an endpoint; its signing secret is returned here and never again. Throws ResetError `invalid_request`, `not_found`. */
export async function createEndpoint(
  context: Context,
  applicationId: string,
  { url, events }: EndpointInput,
) {
  checkUrl(url)
  await getApplication(context, applicationId)
  const secret = makeSigningSecret()
  const row = {
    id: makeId('hook'),
    applicationId,
    url,
    events: events ?? [...webhookEvents],
    secrets: [seal(context, secret)],
  }
  return await context.db.transaction(async tx => {
    const [count] = await tx
      .select({ count: sql`count(*)`.mapWith(Number) })
      .from(webhookEndpoints)
      .where(and(eq(webhookEndpoints.applicationId, applicationId), eq(webhookEndpoints.kind, 'events')))
    if ((count?.count ?? 0) >= mostEndpoints)
      throw invalid('url', `there are ${mostEndpoints} endpoints already`)
    const [made] = await tx.insert(webhookEndpoints).values(row).returning()
    if (!made) throw new TypeError('an insert returned no row')
    await syncEvents(tx, applicationId)
    return { ...view(made), secret }
  })
}

/**
 * The endpoints of one application, or of all, newest first. `failed`: only those that were switched off because they
 * failed. Throws ResetError `invalid_request` (cursor).
 */
export async function listEndpoints(
  { db }: Context,
  applicationId: string | undefined,
  { failed = false, cursor, limit }: PageQuery & { failed?: boolean },
) {
  const rows = await db
    .select()
    .from(webhookEndpoints)
    .where(
      and(
        eq(webhookEndpoints.kind, 'events'),
        applicationId === undefined ? undefined : eq(webhookEndpoints.applicationId, applicationId),
        failed ? isNotNull(webhookEndpoints.disabledReason) : undefined,
        cursor === undefined ? undefined : lt(webhookEndpoints.id, decodeCursor('hook', cursor)),
      ),
    )
    .orderBy(desc(webhookEndpoints.id))
    .limit(limit + 1)
  const { items, nextCursor } = toPage(rows, limit)
  return { items: items.map(view), nextCursor }
}

/** Changes url or events, switches off or on again. Throws ResetError `not_found`, `invalid_request`. */
export async function updateEndpoint(
  { db }: Context,
  applicationId: string,
  id: string,
  { url, events, enabled }: { url?: string; events?: WebhookEvent[]; enabled?: boolean },
) {
  if (url !== undefined) checkUrl(url)
  return await db.transaction(async tx => {
    const [changed] = await tx
      .update(webhookEndpoints)
      .set({
        ...(url === undefined ? {} : { url, failingSince: null }),
        ...(events === undefined ? {} : { events }),
        ...(enabled === true ? { disabledAt: null, disabledReason: null, failingSince: null } : {}),
        ...(enabled === false ? { disabledAt: sql`coalesce(${webhookEndpoints.disabledAt}, now())` } : {}),
        // Something must be set, or there is no statement.
        applicationId,
      })
      .where(own(applicationId, id))
      .returning()
    if (!changed) throw notFound('webhook endpoint')
    await syncEvents(tx, applicationId)
    return view(changed)
  })
}

/**
 * Deletes an endpoint with its deliveries. It is switched off before: where this breaks off, the next call goes on. Throws
 * ResetError `not_found`.
 */
export async function deleteEndpoint(context: Context, applicationId: string, id: string): Promise<void> {
  await updateEndpoint(context, applicationId, id, { enabled: false })
  await deleteDeliveries(context, endpoint => eq(endpoint, id))
  await context.db.delete(webhookEndpoints).where(own(applicationId, id))
}

/** A new signing secret, returned here and never again; the old one signs beside it for a day. Throws `not_found`. */
export async function rotateSecret(
  context: Context,
  applicationId: string,
  id: string,
): Promise<{ secret: string }> {
  return await context.db.transaction(async tx => {
    const [endpoint] = await tx.select().from(webhookEndpoints).where(own(applicationId, id)).for('update')
    if (!endpoint) throw notFound('webhook endpoint')
    const { text, secrets } = rotated(context, endpoint.secrets, overlapHours, new Date())
    await tx.update(webhookEndpoints).set({ secrets }).where(eq(webhookEndpoints.id, id))
    return { secret: text }
  })
}

/** An endpoint's deliveries, newest first. Throws ResetError `not_found`, `invalid_request` (cursor). */
export async function listDeliveries(
  { db }: Context,
  applicationId: string,
  id: string,
  { cursor, limit }: PageQuery,
) {
  await assertOwn(db, applicationId, id)
  const rows = await db
    .select()
    .from(webhookDeliveries)
    .where(
      and(
        eq(webhookDeliveries.endpointId, id),
        cursor === undefined ? undefined : lt(webhookDeliveries.id, decodeCursor('msg', cursor)),
      ),
    )
    .orderBy(desc(webhookDeliveries.id))
    .limit(limit + 1)
  return toPage(rows, limit)
}

/** Delivers once more, with the same id and body and three days of tries. Throws ResetError `not_found`. */
export async function replayDelivery(
  context: Context,
  applicationId: string,
  id: string,
  deliveryId: string,
) {
  const { db } = context
  await assertOwn(db, applicationId, id)
  const [replayed] = await db
    .update(webhookDeliveries)
    .set({ status: 'queued', tries: 0, nextTryAt: sql`now()`, startedAt: sql`now()`, endedAt: null })
    .where(and(eq(webhookDeliveries.id, deliveryId), eq(webhookDeliveries.endpointId, id)))
    .returning()
  if (!replayed) throw notFound('delivery')
  await enqueueDeliveries(context, [deliveryId])
  return replayed
}

/** Keeps on the application what any of its endpoints wants to hear of. To be called in the transaction that changed one. */
export async function syncEvents(tx: Executor, applicationId: string): Promise<void> {
  // By a statement of its own: the next one then sees what whoever held this lock has committed.
  await tx
    .select({ id: applications.id })
    .from(applications)
    .where(eq(applications.id, applicationId))
    .for('no key update')
  await tx
    .update(applications)
    .set({
      webhookEvents: sql`array(select distinct unnest(e.events) from webhook_endpoints e
        where e.application_id = ${applicationId} and e.disabled_at is null)`,
    })
    .where(eq(applications.id, applicationId))
}

async function assertOwn(db: Executor, applicationId: string, id: string): Promise<void> {
  const [found] = await db
    .select({ id: webhookEndpoints.id })
    .from(webhookEndpoints)
    .where(own(applicationId, id))
  if (!found) throw notFound('webhook endpoint')
}

const own = (applicationId: string, id: string) =>
  and(
    eq(webhookEndpoints.id, id),
    eq(webhookEndpoints.applicationId, applicationId),
    eq(webhookEndpoints.kind, 'events'),
  )

/** https, or http where WEBHOOK_ALLOW names the address: that, and who may be called, is looked at with each delivery. */
function checkUrl(url: string): void {
  const fits = /^https?:\/\/[^/?#\\\s@]+([/?]|$)/.test(url) && URL.canParse(url) && !/[\s\\]/.test(url)
  if (!fits || new URL(url).username) throw invalid('url', 'must be an http(s) URL without user or fragment')
}
