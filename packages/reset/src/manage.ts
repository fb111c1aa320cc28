import { firstId } from '@sparekey/db/id'
import { mailAttempts, mails } from '@sparekey/db/schema/mails'
import { resetRequests } from '@sparekey/db/schema/reset-requests'
import type { Dialect, RequestStatus } from '@sparekey/db/types'
import { and, asc, desc, eq, gte, inArray, lt, sql } from 'drizzle-orm'
import type { Context } from './context.ts'
import { invalid, notFound } from './errors.ts'
import { enqueue, resetJob } from './jobs.ts'
import { loginKey } from './login.ts'
import type { ResetRequest } from './mint.ts'
import { decodeCursor, toPage } from './page.ts'
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

export interface ListOptions {
  login?: string | undefined
  status?: RequestStatus | undefined
  dialect?: Dialect | undefined
  /** Asked for at or after `from`, before `to`. */
  from?: Date | undefined
  to?: Date | undefined
  cursor?: string | undefined
  limit: number
}

/** Requests, newest first. Throws ResetError `invalid_request` for a bad cursor. */
export async function listRequests(
  { db }: Context,
  applicationId: Scope,
  { login, status, dialect, from, to, cursor, limit }: ListOptions,
) {
  const rows = await db
    .select()
    .from(resetRequests)
    .where(
      and(
        // With all applications named, the index on application and login serves operators as well.
        applicationId !== undefined
          ? eq(resetRequests.applicationId, applicationId)
          : login !== undefined
            ? sql`${resetRequests.applicationId} = any(array(select id from applications))`
            : undefined,
        login === undefined ? undefined : eq(resetRequests.loginKey, loginKey(login)),
        status === undefined ? undefined : eq(resetRequests.status, status),
        dialect === undefined ? undefined : eq(resetRequests.dialect, dialect),
        // Ids begin with the time, so the list's own order tells where to begin and end.
        from === undefined ? undefined : gte(resetRequests.id, firstId('req', from)),
        to === undefined ? undefined : lt(resetRequests.id, firstId('req', to)),
        cursor === undefined ? undefined : lt(resetRequests.id, decodeCursor('req', cursor)),
      ),
    )
    .orderBy(desc(resetRequests.id))
    .limit(limit + 1)
  const { items, nextCursor } = toPage(rows, limit)
  return { items: items.map(summary), nextCursor }
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

function summary(request: ResetRequest) {
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
