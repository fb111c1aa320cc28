import { mailAttempts, mails } from '@sparekey/db/schema/mails'
import { isUnavailable } from '@sparekey/db/unavailable'
import type { Attempt } from '@sparekey/mail/outcome'
import { and, desc, eq } from 'drizzle-orm'
import { beginSending, claim, type Mail } from './claim.ts'
import { compose, type Delivery, type Letter } from './compose.ts'
import { type Context, secretById } from './context.ts'
import { type Loaded, loadRequest } from './load.ts'
import { mint } from './mint.ts'
import { type Carried, redact } from './redact.ts'
import { MAX_LOST } from './retry-after.ts'
import { endOf, judge, settle, type Verdict } from './settle.ts'
import { delivering, type FailureClass } from './status.ts'

/** Nothing left to do, or when to come again. */
export type Next = { retryAt: Date } | undefined

/**
 * One job of a reset request: mints it if it is new, then sends its mail. May be called again at any point and any
 * number of times: each step looks at the row first. Rejects only where the database does.
 */
export async function deliverReset(context: Context, delivery: Delivery, requestId: string): Promise<Next> {
  // From before the lease begins, so that whoever stands still meanwhile sends nothing after its end.
  const since = performance.now()
  const hold = delivery.mailer.isReady() ? 'begun' : 'claimed'
  const { loaded, minted } = await mint(context, requestId, { hold })
  if (!loaded) return undefined
  if (minted) return await send(context, delivery, { ...minted, application: loaded.application, since })
  const { request } = loaded
  if (!delivering.some(status => status === request.status)) return undefined
  const [mail] = await context.db
    .select({ id: mails.id })
    .from(mails)
    .where(
      and(eq(mails.requestId, requestId), eq(mails.kind, 'reset'), eq(mails.generation, request.generation)),
    )
  return mail && (await deliverMail(context, delivery, mail.id))
}

/** Sends one mail that waits, or says when to come again. */
export async function deliverMail(context: Context, delivery: Delivery, mailId: string): Promise<Next> {
  // From before the lease begins, here too.
  const since = performance.now()
  const claimed = await claim(context, mailId)
  if (!claimed || 'retryAt' in claimed) return claimed
  const { mail, remainingMs, now } = claimed
  await context.reached?.('claimed')
  const loaded = await loadRequest(context)(mail.requestId)
  if (!loaded) return undefined
  const { request } = loaded
  const giveUp = (why: FailureClass, reason: string) =>
    finish(context, mail, loaded, endOf(mail.lost, why, reason))
  if (mail.lost >= MAX_LOST) return await finish(context, mail, loaded, { status: 'unknown' })
  if (remainingMs <= 0)
    return await giveUp('out_of_time', `out of time: ${await lastWords(context, mail.id)}`)
  if (mail.kind === 'reset' && !delivering.some(status => status === request.status)) {
    return await giveUp('unsendable', `the request was ${request.status} meanwhile`)
  }
  return await send(context, delivery, { ...loaded, mail, remainingMs, now, since })
}

/** A mail that is this process's alone for as long as its lease holds. */
interface Sending extends Loaded {
  mail: Mail
  /** Of a mail that was minted just now; derived again else. */
  carried?: Carried
  /** Milliseconds in which it may still be delivered, counted from `since`, by `performance.now()`. */
  remainingMs: number
  since: number
  /** Now, by the database's clock. */
  now: Date
  /** Of a mail that was minted just now: no server is handed it before. */
  committed?: Promise<void>
}

async function send(context: Context, delivery: Delivery, sending: Sending): Promise<Next> {
  const { mail, remainingMs, since, committed } = sending
  let letter: Letter | undefined
  try {
    letter = await compose(context, delivery, sending)
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
  }
  if (!letter) {
    await committed
    const reason = secretById(context, sending.request.secretId)
      ? 'the mail could not be composed'
      : 'the key that minted this token is gone'
    return await finish(context, mail, sending, endOf(mail.lost, 'unsendable', reason))
  }
  await context.reached?.('composed')
  const { composed, carried } = letter
  let calledOff = false
  const begin = async () => {
    // A disk takes as long to write down a lone token as all the rest of its mail: the server is spoken to meanwhile.
    await committed
    if (committed) await context.reached?.('minted')
    // Unless it was begun as it was minted, for a server that was ready: not before one waits for the message, since a
    // worker that dies while it connects must not cost one of two tries.
    if (mail.status === 'sending') return true
    calledOff = !(await persist(() => beginSending(context, mail), beginTries))
    await context.reached?.('begun')
    return !calledOff
  }
  const tried = await delivery.mailer.send(composed, { withinMs: remainingMs, since, begin })
  await committed
  // Before anybody reads them: a server that refuses a mail may quote it.
  const attempts = tried.map(attempt =>
    attempt.response === undefined ? attempt : { ...attempt, response: redact(attempt.response, carried) },
  )
  // Its request is over, and so is the mail; or somebody else has it, and this changes nothing.
  if (calledOff) return await finish(context, mail, sending, { status: 'queued', afterMs: 0 }, attempts)
  await context.reached?.('answered')
  const verdict = judge(mail, attempts.at(-1), remainingMs - (performance.now() - since))
  return await finish(context, mail, sending, verdict, attempts)
}

async function finish(
  context: Context,
  mail: Mail,
  whose: Pick<Loaded, 'application' | 'request'>,
  verdict: Verdict,
  attempts: readonly Attempt[] = [],
): Promise<Next> {
  await persist(() => settle(context, mail, verdict, attempts, whose))
  await context.reached?.('settled')
  return verdict.status === 'queued' ? { retryAt: new Date(Date.now() + verdict.afterMs) } : undefined
}

/** A server waits for the message meanwhile. */
const beginTries = 10

/**
 * Writes down what only this process knows although the database is away for a moment: lost, it would cost a second mail,
 * or one of a mail's tries. The claim's number makes a late write harmless.
 */
async function persist<T>(write: () => Promise<T>, tries = 30): Promise<T> {
  for (let left = tries; ; left--) {
    try {
      return await write()
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
