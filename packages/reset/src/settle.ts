import { mailAttempts, mails } from '@sparekey/db/schema/mails'
import { resetRequests } from '@sparekey/db/schema/reset-requests'
import type { MailStatus, OutcomeClass, RequestStatus, WebhookEvent } from '@sparekey/db/types'
import type { Attempt } from '@sparekey/mail/outcome'
import { and, eq, inArray, isNull, type SQL, sql } from 'drizzle-orm'
import type { Mail } from './claim.ts'
import type { Context } from './context.ts'
import { MAX_LOST, MAX_TRIES, retryAfter } from './retry-after.ts'
import { delivering, voided } from './status.ts'
import { enqueueDeliveries, type Told, tell } from './webhooks/events.ts'

interface Lifetimes {
  linkMinutes: number
  codeMinutes: number
}

/** What becomes of a mail after a try. Pure. */
export type Verdict =
  | { status: 'sent' | 'unknown' }
  | { status: 'failed'; reason: string }
  | { status: 'queued'; afterMs: number }

/**
 * Sorts a try: sent after a 250 only; refused for good and out of tries or time is failed, with the server's own
 * words; a line lost after DATA gets one more try, and is unknown after that.
 */
export function judge(mail: Mail, last: Attempt, remainingMs: number, random?: () => number): Verdict {
  const words = last.response ?? last.class
  if (last.class === 'accepted') return { status: 'sent' }
  const lost = mail.lost + (last.class === 'lost_after_data' ? 1 : 0)
  // An earlier try may have arrived: its link must go on working.
  const over = (reason: string): Verdict => (lost > 0 ? { status: 'unknown' } : { status: 'failed', reason })
  if (last.class === 'refused' || lost >= MAX_LOST) return over(words)
  const answered = last.class === 'later' || last.class === 'throttled'
  if (answered && mail.tries + 1 >= MAX_TRIES) return over(`out of tries: ${words}`)
  const count = answered ? mail.tries + 1 : mail.unreached + 1
  const afterMs = retryAfter(last.class, count, random)
  if (afterMs < remainingMs) return { status: 'queued', afterMs }
  return over(`out of time: ${words}`)
}

/**
 * Writes a try down: the attempts, the mail, and the request if the mail still speaks for it. Whoever lost the
 * claim meanwhile changes nothing but the list of attempts. Resolves to whether the claim still held.
 */
export async function settle(
  context: Context,
  mail: Mail,
  verdict: Verdict,
  attempts: readonly Attempt[],
  application: Told['application'] & Lifetimes,
): Promise<boolean> {
  const { db, record } = context
  const {
    held,
    changed,
    deliveries = [],
  } = await db.transaction(async tx => {
    if (attempts.length > 0) {
      await tx.insert(mailAttempts).values(
        attempts.map(attempt => ({
          mailId: mail.id,
          transport: attempt.transport,
          outcome: attempt.class,
          code: attempt.code ?? null,
          response: attempt.response ?? null,
          durationMs: Math.round(attempt.durationMs),
        })),
      )
    }
    const [held] = await tx
      .update(mails)
      .set({
        status: verdict.status === 'queued' ? stillQueued : (verdict.status satisfies MailStatus),
        reason: verdict.status === 'failed' ? verdict.reason : null,
        leaseUntil: null,
        ...counters(attempts.at(-1)?.class),
        ...(verdict.status === 'queued'
          ? { nextTryAt: sql`now() + make_interval(secs => ${verdict.afterMs / 1000})` }
          : {}),
        ...(verdict.status === 'sent' ? { sentAt: sql`now()` } : {}),
      })
      .where(
        and(eq(mails.id, mail.id), eq(mails.claim, mail.claim), inArray(mails.status, ['queued', 'sending'])),
      )
      .returning({ id: mails.id })
    if (!held) return { held: false }
    const change =
      mail.kind === 'reset' ? requestChange(mail, verdict, attempts.at(-1)?.class, application) : undefined
    if (!change) return { held: true }
    const [changed] = await tx
      .update(resetRequests)
      .set(change)
      .where(
        and(
          eq(resetRequests.id, mail.requestId),
          eq(resetRequests.generation, mail.generation),
          inArray(resetRequests.status, [...delivering]),
          // Whoever exchanged the code has the mail, whatever became of the line; the new token must live on.
          verdict.status === 'failed' ? isNull(resetRequests.exchangedAt) : undefined,
        ),
      )
      .returning({
        applicationId: resetRequests.applicationId,
        dialect: resetRequests.dialect,
        login: resetRequests.login,
        latencyMs: sql`extract(epoch from now() - ${resetRequests.createdAt}) * 1000`.mapWith(Number),
      })
    const event = changed && eventOf[verdict.status]
    if (!event) return { held: true, changed }
    const { login, dialect } = changed
    const data = { requestId: mail.requestId, login, dialect }
    const reason = verdict.status === 'failed' ? { reason: verdict.reason } : {}
    return {
      held: true,
      changed,
      deliveries: await tell(tx, { application, event, data: { ...data, ...reason } }),
    }
  })
  await enqueueDeliveries(context, deliveries)
  for (const { transport, class: outcome } of attempts)
    record?.({ type: 'attempt', server: transport, outcome })
  if (changed && (verdict.status === 'sent' || verdict.status === 'failed')) {
    const { applicationId, dialect, latencyMs } = changed
    // What a resend took says nothing about how long a person waited.
    record?.({
      type: verdict.status,
      applicationId,
      dialect,
      ...(mail.generation === 1 ? { latencyMs } : {}),
    })
  }
  return held
}

/** What an application is told of. A mail that may have arrived is told of when that is known. */
const eventOf: { [status in Verdict['status']]?: WebhookEvent } = {
  sent: 'reset.sent',
  failed: 'reset.failed',
}

/** A mail whose request is over, was sent again meanwhile, or whose code was exchanged, has no next try. */
const stillQueued = sql`case when ${mails.kind} = 'notice' or exists (
  select from ${resetRequests} r where r.id = ${mails.requestId} and r.generation = ${mails.generation}
  and r.status in ('sending', 'unknown') and r.exchanged_at is null) then 'queued' else 'cancelled' end`

function counters(outcome: OutcomeClass | undefined): Record<string, SQL | number> {
  if (outcome === 'later' || outcome === 'throttled') return { tries: sql`${mails.tries} + 1`, unreached: 0 }
  if (outcome === 'lost_before_data') return { unreached: sql`${mails.unreached} + 1` }
  if (outcome === 'lost_after_data')
    return { lost: sql`${mails.lost} + 1`, unreached: sql`${mails.unreached} + 1` }
  return {}
}

function requestChange(
  mail: Mail,
  verdict: Verdict,
  outcome: OutcomeClass | undefined,
  { linkMinutes, codeMinutes }: Lifetimes,
) {
  if (verdict.status === 'queued') {
    return outcome === 'lost_after_data' ? { status: 'unknown' as RequestStatus } : undefined
  }
  if (verdict.status === 'failed') {
    return {
      status: 'failed' as RequestStatus,
      reason: verdict.reason,
      endedAt: sql`now()`,
      ...voided,
    }
  }
  return {
    status: verdict.status as RequestStatus,
    seed: null,
    sentAt: verdict.status === 'sent' ? sql`now()` : null,
    expiresAt: sql`now() + make_interval(mins => ${linkMinutes})`,
    codeExpiresAt: mail.withCode ? sql`now() + make_interval(mins => ${codeMinutes})` : null,
  }
}
