import { makeId } from '@sparekey/db/id'
import { isUnavailable } from '@sparekey/db/unavailable'
import { pickLocale } from '@sparekey/locale/locales'
import type { Addressee } from './addressee.ts'
import { createBatcher, gatherMs, oneFor } from './batcher.ts'
import type { Mail } from './claim.ts'
import type { Context } from './context.ts'
import { ignore } from './ignore.ts'
import type { JobRequest, Loaded } from './load.ts'
import { lockRecipients, type MintRow, readState, type State, writeMinted } from './mint-statements.ts'
import type { Carried } from './redact.ts'
import { makeSecrets } from './secrets.ts'
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
}

/**
 * Whose a mail is from the beginning. `nobody`: whoever takes its job claims it. `claimed`: this process's, which asks
 * beginSending before it hands the mail over. `begun`: this process's, and as good as under way.
 */
export type Hold = 'nobody' | 'claimed' | 'begun'

interface Ask extends Omit<Loaded, 'accountId'> {
  addressee: Addressee
  /** Also within a minute of another one. */
  mayDouble: boolean
  hold: Hold
}

/**
 * accepted → sending: mints the token and writes the mail to be sent; or → ignored, with the reason. Requests that come
 * at once share one transaction; locks on their recipients make the limits hold among parallel workers.
 * Resolves to undefined where nothing is to be sent. `doubled`: also within a minute of another one.
 */
export async function mint(
  context: Context,
  { request, application }: Omit<Loaded, 'accountId'>,
  addressee: Addressee,
  { doubled = request.generation > 1, hold = 'nobody' }: { doubled?: boolean; hold?: Hold } = {},
): Promise<Minted | undefined> {
  const asked = { request, application, addressee, mayDouble: doubled, hold }
  const outcome = await mintTogether(context)(asked)
  if (typeof outcome === 'string') await ignore(context, request, outcome)
  return typeof outcome === 'object' ? outcome : undefined
}

type Outcome = Minted | IgnoreReason | undefined

const mintTogether = oneFor((context: Context) =>
  createBatcher<Ask, Outcome>(
    async asks => {
      const outcomes = new Map<Ask, Outcome | Error>()
      // Of one recipient's requests each must see what became of those before it.
      for (let left = asks; left.length > 0; ) {
        const recipients = new Map(left.toReversed().map(ask => [recipientOf(ask), ask]))
        const round = left.filter(ask => recipients.get(recipientOf(ask)) === ask)
        left = left.filter(ask => !round.includes(ask))
        try {
          const minted = await mintRound(context, round)
          for (const [index, ask] of round.entries()) outcomes.set(ask, minted[index])
        } catch (error) {
          if (outcomes.size === 0) throw error
          for (const ask of [...round, ...left]) outcomes.set(ask, error as Error)
          break
        }
      }
      return asks.map(ask => outcomes.get(ask))
    },
    { most: 50, gatherMs, isPatient: context.isFull, together: isUnavailable },
  ),
)

const recipientOf = ({ request, addressee }: Ask) => `${request.applicationId} ${addressee.key}`

/** One transaction for requests of different recipients. */
async function mintRound(context: Context, asks: Ask[]): Promise<Outcome[]> {
  return await context.db.pipeline.transaction(async ({ tx, run, runLast }) => {
    // Both go out at once, with BEGIN; the second sees what was committed before the locks were had.
    const accountIds = asks.flatMap(({ addressee: { accountId } }) => accountId ?? [])
    const [, states] = await Promise.all([
      lockRecipients(run, asks.map(recipientOf), accountIds),
      readState(run, asks),
    ])
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
    for (const [index, { request, application, addressee, hold }] of asks.entries()) {
      const decision = decided[index]
      if (typeof decision !== 'object') continue
      const { state, withCode, secrets } = decision
      if (state.others)
        replaced.push({
          applicationId: application.id,
          recipientKey: addressee.key,
          exceptRequestId: request.id,
        })
      const { email, name, locale } = { ...addressee, ...(addressee.accountId ? state : {}) }
      rows.push({
        mailId: makeId('mail'),
        requestId: request.id,
        addressee: { ...addressee, email, name },
        locale: pickLocale(request.locale, locale, application.locale),
        linkMinutes: application.linkMinutes,
        codeMinutes: application.codeMinutes,
        withCode,
        hold,
        secrets,
      })
    }
    if (replaced.length > 0) await voidTokens(tx, replaced)
    const written = rows.length > 0 ? await writeMinted(replaced.length > 0 ? run : runLast, rows) : new Map()
    return asks.map((ask, index) => {
      const decision = decided[index]
      return typeof decision === 'object' ? written.get(ask.request.id)?.(ask.request) : decision
    })
  })
}

/** What becomes of a request, as things stand under its recipient's lock, after so many mails to its address. Pure. */
function decide(
  { request, application, mayDouble }: Ask,
  state: State | undefined,
  mailed: number,
): { state: State; withCode: boolean; codeDigits: number } | IgnoreReason | undefined {
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
