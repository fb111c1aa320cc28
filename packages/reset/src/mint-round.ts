import { makeId } from '@sparekey/db/id'
import type { PipelinedTransaction } from '@sparekey/db/pipeline'
import { pickLocale } from '@sparekey/locale/locales'
import type { Addressee } from './addressee.ts'
import type { Mail } from './claim.ts'
import type { Context } from './context.ts'
import type { JobRequest, Loaded } from './load.ts'
import type { State } from './mint-state.ts'
import { type MintRow, writeMinted } from './mint-write.ts'
import type { Carried } from './redact.ts'
import { makeSecrets, type NewSecrets } from './secrets.ts'
import type { IgnoreReason } from './status.ts'
import { type Voided, voidTokens } from './void-tokens.ts'

/** Codes that one person may be sent in 24 hours: 5 codes of 5 tries are 25 guesses a day. */
const codesPerDay = 5
const defaultDigits = 8

/** A request that has its token, and the mail that carries it. */
export interface Minted {
  request: JobRequest
  carried: Carried
  mail: Mail
  /** Milliseconds in which the mail may still be delivered. */
  remainingMs: number
  /** Now, by the database's clock. */
  now: Date
  /** Until then it is not sure, and must be seen by nobody. Rejects where it is not known to be written. */
  committed: Promise<void>
}

/**
 * Whose a mail is from the beginning. `nobody`: whoever takes its job claims it. `claimed`: this process's, which asks
 * beginSending before it hands the mail over. `begun`: this process's, and as good as under way.
 */
export type Hold = 'nobody' | 'claimed' | 'begun'

export interface Ask extends Loaded {
  addressee: Addressee
  /** Also within a minute of another one. */
  mayDouble: boolean
  hold: Hold
}

/** undefined: it does not want a token any more. */
export type Outcome<M = Minted> = M | IgnoreReason | undefined
export type Uncommitted = Omit<Minted, 'committed'>

export const committing = (outcome: Outcome<Uncommitted>, committed: Promise<void>): Outcome =>
  typeof outcome === 'object' ? { ...outcome, committed } : outcome

/**
 * Mints for requests of different recipients, whose locks the transaction holds and whose states were read under them.
 * Resolves to one outcome for each, before they are committed.
 */
export async function mintLocked(
  context: Context,
  { tx, run, runLast }: PipelinedTransaction,
  asks: Ask[],
  states: Map<string, State>,
): Promise<Outcome<Uncommitted>[]> {
  // Accounts that share an address may be in one round.
  const mailed = new Map<string, number>()
  const decided = await Promise.all(
    asks.map(async ask => {
      const state = states.get(ask.request.id)
      const shared = `${ask.request.applicationId} ${state?.address ?? ask.request.id}`
      const before = mailed.get(shared) ?? 0
      const decision = decide(ask, state, before)
      if (typeof decision !== 'object') return decision
      mailed.set(shared, before + 1)
      return { ...decision, secrets: await makeSecrets(context, run, ask.request, decision.codeDigits) }
    }),
  )
  const rows: MintRow[] = []
  const replaced: Voided[] = []
  for (const [index, ask] of asks.entries()) {
    const decision = decided[index]
    if (typeof decision !== 'object') continue
    const { application, addressee, request } = ask
    if (decision.state.others)
      replaced.push({
        applicationId: application.id,
        recipientKey: addressee.key,
        exceptRequestId: request.id,
      })
    rows.push(rowOf(ask, decision))
  }
  if (replaced.length > 0) await voidTokens(tx, replaced)
  const written = rows.length > 0 ? await writeMinted(replaced.length > 0 ? run : runLast, rows) : new Map()
  return asks.map((ask, index) => {
    const decision = decided[index]
    return typeof decision === 'object' ? written.get(ask.request.id)?.(ask.request) : decision
  })
}

interface Decision {
  state: State
  withCode: boolean
  codeDigits: number
}

/** What becomes of a request, as things stand under its recipient's lock, after so many mails to its address. Pure. */
function decide(
  { request, application, mayDouble }: Ask,
  state: State | undefined,
  mailed: number,
): Decision | IgnoreReason | undefined {
  // Cancelled, too late or somebody else's by now: nothing may be voided for it.
  if (!state) return undefined
  if (!state.there) return 'no_account'
  if (state.suppressed) return 'suppressed'
  if (state.doubled && !mayDouble) return 'duplicate'
  const { perRecipientHour, perRecipientDay } = application.limits
  if (state.hour + mailed >= perRecipientHour || state.day + mailed >= perRecipientDay)
    return 'recipient_limit'
  const withCode = state.codes < codesPerDay
  if (!withCode && request.carries === 'code') return 'recipient_limit'
  return { state, withCode, codeDigits: application.codeDigits ?? request.codeDigits ?? defaultDigits }
}

function rowOf(
  { request, application, addressee, hold }: Ask,
  { state, withCode, secrets }: Decision & { secrets: NewSecrets },
): MintRow {
  const { email, name, locale } = { ...addressee, ...(addressee.accountId ? state : {}) }
  return {
    mailId: makeId('mail'),
    requestId: request.id,
    addressee: { ...addressee, email, name },
    locale: pickLocale(request.locale, locale, application.locale),
    linkMinutes: application.linkMinutes,
    codeMinutes: application.codeMinutes,
    withCode,
    hold,
    secrets,
  }
}
