import { codeGuesses, idempotencyKeys, resetRequests } from '@sparekey/db/schema/reset-requests'
import { webhookDeliveries } from '@sparekey/db/schema/webhooks'
import { and, lt, sql } from 'drizzle-orm'
import { among, batch, inBatches } from '../batches.ts'
import type { Context } from '../context.ts'
import { purgeFigures } from '../figures.ts'
import { purgeHumanProofs } from '../human-proof/check.ts'
import { purgeSessions } from '../operator-sessions.ts'
import { purgeSpikes } from '../spikes.ts'
import { purgeSuppressions } from '../suppressions.ts'
import { purgeWorkers } from '../workers.ts'

/**
 * Deletes requests that ended longer ago than `days`, with their mails and attempts; idempotency keys and counts of wrong
 * codes after 24 hours; and what has an end of its own. Resolves to how many requests.
 */
export async function purge({ db }: Context, days: number): Promise<number> {
  const before = sql`now() - make_interval(days => ${days})`
  const yesterday = sql`now() - interval '24 hours'`
  const deleted = await inBatches(async () => {
    const { id, endedAt } = resetRequests
    const old = db.select({ id }).from(resetRequests).where(lt(endedAt, before)).limit(batch)
    return (await db.delete(resetRequests).where(among(id, old)).returning({ id })).length
  })
  await inBatches(async () => {
    const { id, endedAt } = webhookDeliveries
    const old = db.select({ id }).from(webhookDeliveries).where(lt(endedAt, before)).limit(batch)
    return (await db.delete(webhookDeliveries).where(among(id, old)).returning({ id })).length
  })
  await inBatches(async () => {
    // A key that is used anew moves, and is looked at once more.
    const old = db
      .select({ place: sql`ctid` })
      .from(idempotencyKeys)
      .where(lt(idempotencyKeys.createdAt, yesterday))
      .limit(batch)
    const gone = await db
      .delete(idempotencyKeys)
      .where(and(among(sql`ctid`, old), lt(idempotencyKeys.createdAt, yesterday)))
      .returning({ at: idempotencyKeys.createdAt })
    return gone.length
  })
  await purgeFigures({ db })
  await purgeWorkers({ db })
  await purgeSessions({ db })
  await purgeSpikes({ db })
  await purgeHumanProofs({ db })
  await purgeSuppressions({ db })
  await db.delete(codeGuesses).where(lt(codeGuesses.hour, sql`${yesterday} - interval '1 hour'`))
  return deleted
}
