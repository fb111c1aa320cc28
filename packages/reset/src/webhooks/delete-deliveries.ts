import { webhookDeliveries } from '@sparekey/db/schema/webhooks'
import type { SQL } from 'drizzle-orm'
import { among, batch, inBatches } from '../batches.ts'
import type { Context } from '../context.ts'

/** Deletes the deliveries of some endpoints, in batches. */
export async function deleteDeliveries(
  { db }: Pick<Context, 'db'>,
  ofThese: (endpoint: typeof webhookDeliveries.endpointId) => SQL,
): Promise<void> {
  const { id, endpointId } = webhookDeliveries
  await inBatches(async () => {
    const some = db.select({ id }).from(webhookDeliveries).where(ofThese(endpointId)).limit(batch)
    return (await db.delete(webhookDeliveries).where(among(id, some)).returning({ id })).length
  })
}
