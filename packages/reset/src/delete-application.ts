import { accounts } from '@sparekey/db/schema/accounts'
import { apiKeys, applications } from '@sparekey/db/schema/applications'
import { resetRequests } from '@sparekey/db/schema/reset-requests'
import { webhookEndpoints } from '@sparekey/db/schema/webhooks'
import { eq, inArray } from 'drizzle-orm'
import { among, batch, inBatches } from './batches.ts'
import type { Context } from './context.ts'
import { notFound } from './errors.ts'
import { deleteDeliveries } from './webhooks/delete-deliveries.ts'

/**
 * Deletes an application's keys and its dialects: only its hosted page goes on to the end of the deletion. Throws ResetError
 * `not_found`.
 */
export async function closeApplication({ db }: Pick<Context, 'db'>, id: string): Promise<void> {
  await db.transaction(async tx => {
    const closed = await tx
      .update(applications)
      .set({ dialects: [] })
      .where(eq(applications.id, id))
      .returning({ id: applications.id })
    if (closed.length === 0) throw notFound('application')
    await tx.delete(apiKeys).where(eq(apiKeys.applicationId, id))
  })
}

/**
 * Deletes an application with everything that belongs to it. What there may be millions of goes in batches before the rest,
 * so that the next call goes on where one broke off.
 */
export async function deleteApplication(context: Pick<Context, 'db'>, id: string): Promise<void> {
  const { db } = context
  const endpoints = db
    .select({ id: webhookEndpoints.id })
    .from(webhookEndpoints)
    .where(eq(webhookEndpoints.applicationId, id))
  await deleteDeliveries(context, endpoint => inArray(endpoint, endpoints))
  for (const table of [resetRequests, accounts]) {
    await inBatches(async () => {
      const some = db.select({ id: table.id }).from(table).where(eq(table.applicationId, id)).limit(batch)
      return (await db.delete(table).where(among(table.id, some)).returning({ id: table.id })).length
    })
  }
  await db.delete(applications).where(eq(applications.id, id))
}
