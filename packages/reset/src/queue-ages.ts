import { mails } from '@sparekey/db/schema/mails'
import { resetRequests } from '@sparekey/db/schema/reset-requests'
import { webhookDeliveries } from '@sparekey/db/schema/webhooks'
import { and, eq, inArray, type SQLWrapper, sql } from 'drizzle-orm'
import type { Context } from './context.ts'
import { isAccepted } from './status.ts'
import { mostWaiting } from './waiting.ts'

/**
 * For how many seconds the oldest mail of any kind, or its request, has waited to go out, and the oldest webhook for its
 * first try; null where none waits. By the rows, so also of what a queue lost, and of `mostWaiting` rows each at most.
 */
export async function readQueueAges({
  db,
}: Pick<Context, 'db'>): Promise<{ mail: number | null; webhook: number | null }> {
  const since = sql<Date>`coalesce(${resetRequests.resentAt}, ${resetRequests.createdAt})`
  const asked = db
    .select({ since: since.as('since') })
    .from(resetRequests)
    .where(isAccepted)
    // Housekeeping stamps those that wait in this order again and again, so that the oldest stay in front.
    .orderBy(resetRequests.enqueuedAt)
    .limit(1)
  const unsent = db
    .select({ since: mails.createdAt })
    .from(mails)
    .where(inArray(mails.status, ['queued', 'sending']))
    .orderBy(mails.nextTryAt)
    .limit(mostWaiting)
  const untold = db
    .select({ since: webhookDeliveries.startedAt })
    .from(webhookDeliveries)
    .where(and(eq(webhookDeliveries.status, 'queued'), eq(webhookDeliveries.tries, 0)))
    .orderBy(webhookDeliveries.nextTryAt)
    .limit(mostWaiting)
  const age = (...rows: SQLWrapper[]) => {
    const oldest = rows.map(each => sql`(select min(since) from ${each} as one (since))`)
    return sql<number | null>`extract(epoch from now() - least(${sql.join(oldest, sql`, `)}))::float8`
  }
  const [ages] = await db
    .select({ mail: age(asked, unsent), webhook: age(untold) })
    .from(sql`(select) as one`)
  return ages ?? { mail: null, webhook: null }
}
