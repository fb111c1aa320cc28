import { applications } from '@sparekey/db/schema/applications'
import { mailAttempts, mails } from '@sparekey/db/schema/mails'
import { resetRequests } from '@sparekey/db/schema/reset-requests'
import { isUnavailable } from '@sparekey/db/unavailable'
import type { Message } from '@sparekey/mail/message'
import type { Attempt } from '@sparekey/mail/outcome'
import { and, desc, eq } from 'drizzle-orm'
import { beginSending, claim, loadForMail } from './claim.ts'
import { compose, type Delivery } from './compose.ts'
import type { Context } from './context.ts'
import { mint } from './mint.ts'
import { MAX_LOST } from './retry-after.ts'
import { judge, settle, type Verdict } from './settle.ts'
import { delivering } from './status.ts'

/** Nothing left to do, or when to come again. */
export type Next = { retryAt: Date } | undefined

/**
 * One job of a reset request: mints it if it is new, then sends its mail. May be called again at any point and any
 * number of times: each step looks at the row first. Rejects only where the database does.
 */
export async function deliverReset(context: Context, delivery: Delivery, requestId: string): Promise<Next> {
  const [row] = await context.db
    .select({ request: resetRequests, application: applications })
    .from(resetRequests)
    .innerJoin(applications, eq(applications.id, resetRequests.applicationId))
    .where(eq(resetRequests.id, requestId))
  if (!row) return undefined
  if (row.request.status === 'accepted') {
    const mailId = await mint(context, row.request, { ...row.application, aliases: [] })
    await context.reached?.('minted')
    return mailId ? await deliverMail(context, delivery, mailId) : undefined
  }
  if (!delivering.some(status => status === row.request.status)) return undefined
  const [mail] = await context.db
    .select({ id: mails.id })
    .from(mails)
    .where(
      and(
        eq(mails.requestId, requestId),
        eq(mails.kind, 'reset'),
        eq(mails.generation, row.request.generation),
      ),
    )
  return mail && (await deliverMail(context, delivery, mail.id))
}

/** Sends one mail, or says when to come again. */
export async function deliverMail(context: Context, delivery: Delivery, mailId: string): Promise<Next> {
  const claimed = await claim(context, mailId)
  if (!claimed || 'retryAt' in claimed) return claimed
  const { mail, remainingMs, now } = claimed
  await context.reached?.('claimed')
  const row = await loadForMail(context, mail)
  if (!row) return undefined
  const { request, application } = row

  const finish = async (verdict: Verdict, attempts: readonly Attempt[] = []): Promise<Next> => {
    await persist(() => settle(context, mail, verdict, attempts, application))
    await context.reached?.('settled')
    return verdict.status === 'queued' ? { retryAt: new Date(Date.now() + verdict.afterMs) } : undefined
  }
  // An earlier try may have arrived: its link must go on working.
  const giveUp = (reason: string) =>
    finish(mail.lost > 0 ? { status: 'unknown' } : { status: 'failed', reason })
  if (mail.lost >= MAX_LOST) return await finish({ status: 'unknown' })
  if (remainingMs <= 0) return await giveUp(`out of time: ${await lastWords(context, mail.id)}`)
  if (mail.kind === 'reset' && !delivering.some(status => status === request.status)) {
    return await finish({ status: 'failed', reason: `the request was ${request.status} meanwhile` })
  }
  let message: Message | undefined
  try {
    message = await compose(context, delivery, mail, request, { ...application, aliases: [] }, now)
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    return await giveUp('the mail could not be composed')
  }
  if (!message) return await giveUp('the key that minted this token is gone')

  const sendableMs = await beginSending(context, mail)
  if (sendableMs === undefined) return undefined
  await context.reached?.('begun')
  const started = performance.now()
  const attempts = await delivery.mailer.send(message, { withinMs: sendableMs })
  await context.reached?.('answered')
  const last = attempts.at(-1) ?? attempts[0]
  return await finish(judge(mail, last, sendableMs - (performance.now() - started)), attempts)
}

/**
 * Writes an outcome down although the database is away for a moment: it is known only here, and lost it would cost a
 * second mail. The claim's number makes a late write harmless.
 */
async function persist(write: () => Promise<unknown>): Promise<void> {
  for (let left = 30; ; left--) {
    try {
      await write()
      return
    } catch (error) {
      if (left === 0 || !isUnavailable(error)) throw error
      await new Promise(resolve => setTimeout(resolve, 1000))
    }
  }
}

async function lastWords({ db }: Context, mailId: string): Promise<string> {
  const [last] = await db
    .select({ response: mailAttempts.response })
    .from(mailAttempts)
    .where(eq(mailAttempts.mailId, mailId))
    .orderBy(desc(mailAttempts.id))
    .limit(1)
  return last?.response ?? 'no mail server was tried'
}
