import type { Executor } from '@sparekey/db/db'
import { runOn } from '@sparekey/db/statement'
import type { Dialect, WebhookEvent } from '@sparekey/db/types'
import { isUnavailable } from '@sparekey/db/unavailable'
import type { Attempt } from '@sparekey/mail/outcome'
import { createBatcher, gatherMs, oneFor } from './batcher.ts'
import type { Mail } from './claim.ts'
import type { Context } from './context.ts'
import { MAX_LOST, MAX_TRIES, retryAfter } from './retry-after.ts'
import { type Lifetimes, type SettledRow, settleRow, settleRows } from './settle-statement.ts'
import type { FailureClass } from './status.ts'
import { enqueueDeliveries, type Told, tell } from './webhooks/events.ts'

/** What becomes of a mail after a try. Pure. */
export type Verdict =
  | { status: 'sent' | 'unknown' }
  | { status: 'failed'; class: FailureClass; reason: string }
  | { status: 'queued'; afterMs: number }

/** The end of a mail that gets no further try. One of the lost ones may have arrived: its link must go on working. */
export const endOf = (lost: number, why: FailureClass, reason: string): Verdict =>
  lost > 0 ? { status: 'unknown' } : { status: 'failed', class: why, reason }

/**
 * Sorts a try by its last attempt: sent after a 250 only; refused for good and out of tries or time is failed, with the
 * server's own words; a line lost after DATA gets one more try, and is unknown after that. Undefined: no server was
 * asked, since our own rate for them is used up; that is no try.
 */
export function judge(
  mail: Mail,
  last: Attempt | undefined,
  remainingMs: number,
  random?: () => number,
): Verdict {
  const kind = last?.class ?? 'over_rate'
  const words = last ? (last.response ?? kind) : 'the rate of the mail servers was used up'
  if (kind === 'accepted') return { status: 'sent' }
  const lost = mail.lost + (kind === 'lost_after_data' ? 1 : 0)
  const over = (why: FailureClass, reason: string) => endOf(lost, why, reason)
  if (kind === 'refused' || lost >= MAX_LOST) return over('refused', words)
  const answered = kind === 'later' || kind === 'throttled'
  if (answered && mail.tries + 1 >= MAX_TRIES) return over('out_of_tries', `out of tries: ${words}`)
  const count = answered ? mail.tries + 1 : mail.unreached + 1
  const afterMs = retryAfter(kind, count, random)
  if (afterMs < remainingMs) return { status: 'queued', afterMs }
  return over('out_of_time', `out of time: ${words}`)
}

/** Of which application and dialect a mail is. */
interface Whose {
  application: Told['application'] & Lifetimes
  request: { dialect: Dialect }
}

interface Tried extends Pick<Whose, 'application'> {
  mail: Mail
  verdict: Verdict
  attempts: readonly Attempt[]
}

interface Settled {
  /** Whether the claim still held. */
  held: boolean
  /** The request as it is now, where the mail still spoke for it. */
  changed: SettledRow | undefined
}

/**
 * Writes a try down: the attempts, the mail, and the request if the mail still speaks for it. Whoever lost the
 * claim meanwhile changes nothing but the list of attempts. Tries that end at once share statements. The address of a reset
 * mail that was refused for want of such a mailbox is suppressed.
 * Resolves to whether the claim still held.
 */
export async function settle(
  context: Context,
  mail: Mail,
  verdict: Verdict,
  attempts: readonly Attempt[],
  { application, request: { dialect } }: Whose,
): Promise<boolean> {
  const { record, log } = context
  const { held, changed } = await settleTogether(context)({ mail, verdict, attempts, application })
  const { id: mailId, applicationId, requestId, kind } = mail
  const { status } = verdict
  for (const { transport: server, class: outcome, code, durationMs: ms } of attempts) {
    record?.({ type: 'attempt', server, outcome, applicationId, dialect })
    log.info({ requestId, mailId, kind, server, outcome, code, ms, status }, 'mail tried')
  }
  if (changed && (status === 'sent' || status === 'failed')) {
    const { latencyMs } = changed
    // What a resend took says nothing about how long a person waited.
    if (status === 'failed') record?.({ type: 'failed', class: verdict.class, applicationId, dialect })
    else record?.({ type: 'sent', applicationId, dialect, ...(mail.generation === 1 ? { latencyMs } : {}) })
  }
  return held
}

const settleTogether = oneFor((context: Context) =>
  createBatcher<Tried, Settled>(async tried => await writeTries(context, tried), {
    most: 50,
    gatherMs,
    isPatient: context.isFull,
    together: isUnavailable,
  }),
)

async function writeTries(context: Context, tried: Tried[]): Promise<Settled[]> {
  const rows = tried.map(({ mail, verdict, attempts, application }) =>
    settleRow(mail, verdict, attempts.at(-1)?.class, application),
  )
  const attempts = tried.flatMap(({ mail, attempts }) =>
    attempts.map(attempt => ({ mailId: mail.id, attempt })),
  )
  const unknown = tried.flatMap(({ mail, attempts }) => {
    const last = attempts.at(-1)
    return mail.kind === 'reset' && last?.unknownRecipient ? [{ mail, response: last.response }] : []
  })
  const write = async (executor: Executor): Promise<Settled[]> => {
    const settled = await settleRows(runOn(executor), rows, attempts, unknown)
    return tried.map(({ mail }) => {
      const row = settled.get(mail.id)
      return { held: row !== undefined, changed: row?.applicationId ? row : undefined }
    })
  }
  const telling = tried.filter(({ verdict, application }) => {
    const event = eventOf[verdict.status]
    return event !== undefined && application.webhookEvents.includes(event)
  })
  if (telling.length === 0) return await write(context.db.hot)

  const { settled, deliveries } = await context.db.hot.transaction(async tx => {
    const settled = await write(tx)
    const deliveries: string[] = []
    for (const one of telling) {
      const changed = settled[tried.indexOf(one)]?.changed
      if (changed) deliveries.push(...(await tellOutcome(tx, one, changed)))
    }
    return { settled, deliveries }
  })
  await enqueueDeliveries(context, deliveries)
  return settled
}

async function tellOutcome(
  tx: Executor,
  { mail, verdict, application }: Tried,
  { login, dialect }: SettledRow,
): Promise<string[]> {
  const event = eventOf[verdict.status]
  if (!event) return []
  const reason = verdict.status === 'failed' ? { reason: verdict.reason } : {}
  return await tell(tx, {
    application,
    event,
    data: { requestId: mail.requestId, login, dialect, ...reason },
  })
}

/** What an application is told of. A mail that may have arrived is told of when that is known. */
const eventOf: { [status in Verdict['status']]?: WebhookEvent } = {
  sent: 'reset.sent',
  failed: 'reset.failed',
}
