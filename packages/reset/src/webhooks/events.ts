import type { Executor } from '@sparekey/db/db'
import { makeId } from '@sparekey/db/id'
import { webhookDeliveries, webhookEndpoints } from '@sparekey/db/schema/webhooks'
import type { WebhookEvent } from '@sparekey/db/types'
import { and, eq, isNull, sql } from 'drizzle-orm'
import type { Context } from '../context.ts'
import { webhookJob } from '../jobs.ts'

/** Something to tell an application. `data` holds ids and what the application knows anyway; never a token or code. */
export interface Told {
  application: { id: string; webhookEvents: readonly WebhookEvent[] }
  event: WebhookEvent
  data: Record<string, unknown>
}

/**
 * Writes what an application is to be told, one row for each endpoint that wants it, in the transaction of what happened.
 * Costs nothing where nobody wants it. Resolves to the deliveries' ids: enqueue them once it is committed.
 */
export async function tell(tx: Executor, { application, event, data }: Told): Promise<string[]> {
  if (!application.webhookEvents.includes(event)) return []
  const endpoints = await tx
    .select({ id: webhookEndpoints.id })
    .from(webhookEndpoints)
    .where(
      and(
        eq(webhookEndpoints.applicationId, application.id),
        isNull(webhookEndpoints.disabledAt),
        sql`${event} = any(${webhookEndpoints.events})`,
      ),
    )
  if (endpoints.length === 0) return []
  const rows = endpoints.map(({ id }) => ({
    id: makeId('msg'),
    endpointId: id,
    event,
    payload: { type: event, timestamp: new Date().toISOString(), data },
  }))
  await tx.insert(webhookDeliveries).values(rows)
  return rows.map(({ id }) => id)
}

/** Adds the jobs of deliveries that are committed. Housekeeping adds them later if the queue is away. */
export async function enqueueDeliveries({ queues, log }: Context, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return
  try {
    await queues.add('webhook', ids.map(webhookJob))
  } catch (error) {
    log.warn({ error, jobs: ids.length }, 'queue out of reach; housekeeping will enqueue')
  }
}
