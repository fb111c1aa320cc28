import { mails } from '@sparekey/db/schema/mails'
import { resetRequests } from '@sparekey/db/schema/reset-requests'
import { and, eq, inArray, sql } from 'drizzle-orm'
import { unionAll } from 'drizzle-orm/pg-core'
import type { Context } from './context.ts'
import type { Scope } from './figures.ts'
import { isAccepted } from './status.ts'

/** Beyond so many the count of what waits is not told exactly: counting would cost more than it is worth. */
export const mostWaiting = 100_000

/**
 * How many requests of an application, a dialect, or all, wait for their mail to be sent, and for how long the oldest has,
 * since it was last asked for. It looks at so many at most, whoever's they are.
 */
export async function readWaiting({ db }: Pick<Context, 'db'>, { applicationId, dialect }: Scope = {}) {
  const accepted = db
    .select({
      since: sql`coalesce(${resetRequests.resentAt}, ${resetRequests.createdAt})`.as('since'),
      applicationId: resetRequests.applicationId,
      dialect: sql<string | null>`${resetRequests.dialect}`.as('dialect'),
    })
    .from(resetRequests)
    .where(isAccepted)
    // Housekeeping stamps those that wait in this same order again and again, so that the oldest stay in front.
    .orderBy(resetRequests.enqueuedAt)
    .limit(mostWaiting)
  const minted = db
    .select({
      since: sql`${mails.createdAt}`.as('since'),
      applicationId: mails.applicationId,
      // Only who asks for a dialect pays for the look at each request.
      dialect: (dialect === undefined
        ? sql<string | null>`null`
        : sql<string | null>`(select r.dialect from reset_requests r where r.id = ${mails.requestId})`
      ).as('dialect'),
    })
    .from(mails)
    .where(and(inArray(mails.status, ['queued', 'sending']), eq(mails.kind, 'reset')))
    .orderBy(mails.nextTryAt)
    .limit(mostWaiting)
  const waiting = unionAll(accepted, minted).as('waiting')
  const [row] = await db
    .select({
      requests: sql`count(*)`.mapWith(Number),
      oldestSeconds: sql<number | null>`extract(epoch from now() - min(${waiting.since}))::float8`,
    })
    .from(waiting)
    .where(
      and(
        applicationId === undefined ? undefined : eq(waiting.applicationId, applicationId),
        dialect === undefined ? undefined : eq(waiting.dialect, dialect),
      ),
    )
  return row ?? { requests: 0, oldestSeconds: null }
}
