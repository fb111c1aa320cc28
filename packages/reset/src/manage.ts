import { mailAttempts, mails } from '@sparekey/db/schema/mails'
import { resetRequests } from '@sparekey/db/schema/reset-requests'
import { and, asc, eq, inArray, sql } from 'drizzle-orm'
import type { Context } from './context.ts'
import { invalid, notFound } from './errors.ts'
import { enqueue, resetJob } from './jobs.ts'
import type { ResetRequest } from './load.ts'
import { cancellable, resendable, voided } from './status.ts'
import { timelineOf } from './timeline.ts'
import { cancelMails } from './void-tokens.ts'

/** Whose requests may be seen: one application's, or, for operators, everybody's. */
export type Scope = string | undefined

/** One request with all that happened to it. Throws ResetError `not_found`. */
export async function getRequest({ db }: Context, applicationId: Scope, id: string) {
  const [request] = await db.select().from(resetRequests).where(own(applicationId, id))
  if (!request) throw notFound('reset request')
  const rows = await db.select().from(mails).where(eq(mails.requestId, id)).orderBy(asc(mails.id))
  const attempts =
    rows.length === 0
      ? []
      : await db
          .select()
          .from(mailAttempts)
          .where(
            inArray(
              mailAttempts.mailId,
              rows.map(mail => mail.id),
            ),
          )
          .orderBy(asc(mailAttempts.id))
  return {
    ...summary(request),
    timeline: timelineOf(request, rows, attempts),
    mails: rows.map(({ id, kind, status }) => ({
      id,
      kind,
      status,
      attempts: attempts
        .filter(({ mailId }) => mailId === id)
        .map(({ at, transport, code, response }) => ({
          at,
          transport,
          ...(code === null ? {} : { code }),
          ...(response === null ? {} : { response }),
        })),
    })),
  }
}

/** Takes a request back: nothing more is sent, and its token and code are void. Throws ResetError `not_found`, `invalid_request`. */
export async function cancelRequest(context: Context, applicationId: Scope, id: string) {
  const cancelled = await context.db.transaction(async tx => {
    const [row] = await tx
      .update(resetRequests)
      .set({ status: 'cancelled', endedAt: sql`now()`, ...voided })
      .where(and(own(applicationId, id), inArray(resetRequests.status, [...cancellable])))
      .returning({ id: resetRequests.id })
    if (row) await cancelMails(tx, id)
    return row
  })
  const request = await getRequest(context, applicationId, id)
  if (!cancelled && request.status !== 'cancelled')
    throw invalid('id', `a request that is ${request.status} can't be cancelled`)
  return request
}

/**
 * Sends a request's mail once more, with a new token: the old one is void at once. Limits hold as for a new request.
 * Throws ResetError `not_found`, `invalid_request`.
 */
export async function resendRequest(context: Context, applicationId: Scope, id: string) {
  const generation = await context.db.transaction(async tx => {
    const [row] = await tx
      .update(resetRequests)
      .set({
        status: 'accepted',
        reason: null,
        generation: sql`${resetRequests.generation} + 1`,
        ...voided,
        mintedAt: null,
        sentAt: null,
        expiresAt: null,
        codeExpiresAt: null,
        exchangedAt: null,
        endedAt: null,
        resentAt: sql`now()`,
        enqueuedAt: sql`now()`,
        deliverBefore: sql`now() + make_interval(mins => (
          select a.deliver_within_minutes from applications a where a.id = ${resetRequests.applicationId}))`,
      })
      .where(and(own(applicationId, id), inArray(resetRequests.status, [...resendable])))
      .returning({ generation: resetRequests.generation })
    if (row) await cancelMails(tx, id)
    return row?.generation
  })
  const request = await getRequest(context, applicationId, id)
  if (generation !== undefined) await enqueue(context, [resetJob(id, generation)])
  else if (request.status !== 'accepted')
    throw invalid('id', `a request that is ${request.status} can't be sent again`)
  return request
}

function own(applicationId: Scope, id: string) {
  const mine = applicationId === undefined ? undefined : eq(resetRequests.applicationId, applicationId)
  return and(eq(resetRequests.id, id), mine)
}

/** What a list tells of each request. */
export function summary(request: ResetRequest) {
  const { id, applicationId, login, status, reason, dialect, createdAt, expiresAt, sentAt } = request
  return {
    id,
    applicationId,
    login,
    status,
    ...(reason === null ? {} : { reason }),
    dialect,
    createdAt,
    // Before the mail server has the mail there is no end of life to tell.
    ...(expiresAt === null || sentAt === null ? {} : { expiresAt }),
  }
}
