import { isUnavailable } from '@sparekey/db/unavailable'
import { accountAddressee, findAddressee } from './addressee.ts'
import { createBatcher, gatherMs, oneFor } from './batcher.ts'
import type { Context } from './context.ts'
import { ignore } from './ignore.ts'
import { type Loaded, toLoaded } from './load.ts'
import { type Ask, committing, type Hold, type Minted, mintLocked, type Outcome } from './mint-round.ts'
import { lockNew, lockRecipients, readNew, readState } from './mint-state.ts'

export interface MintOptions {
  hold: Hold
  /** Also within a minute of another one; unless told, a request that was sent again. */
  doubled?: boolean
}

/**
 * accepted → sending: mints the token and writes the mail to be sent; or → ignored, with the reason. Requests that come
 * at once share one transaction; locks on their recipients make the limits hold among parallel workers.
 * Resolves while the COMMIT is under way: see `committed`. `loaded` is undefined where there is no such request, `minted`
 * where nothing is to be sent now. Throws DirectoryFault where an application's own server does not say whom to mail.
 */
export async function mint(
  context: Context,
  requestId: string,
  options: MintOptions,
): Promise<{ loaded?: Loaded; minted?: Minted | undefined }> {
  const seen = await mintNewTogether(context)({ requestId, ...options })
  if (!seen) return {}
  const { loaded } = seen
  if (loaded.request.status !== 'accepted') return { loaded }
  const end = seen.outcome === 'open' ? await mintFor(context, seen, options) : seen.outcome
  if (typeof end === 'string') await ignore(context, loaded.request, end)
  return { loaded, minted: typeof end === 'object' ? end : undefined }
}

/** Where the first look could not tell whom to mail, or had its hands full with another request of theirs. */
async function mintFor(
  context: Context,
  { loaded, accountId }: Seen,
  options: MintOptions,
): Promise<Outcome> {
  const addressee = await findAddressee(context, loaded, accountId)
  return addressee ? await mintTogether(context)(askOf(loaded, addressee, options)) : 'no_account'
}

const askOf = (
  { request, application }: Loaded,
  addressee: Ask['addressee'],
  { hold, doubled = request.generation > 1 }: MintOptions,
): Ask => ({ request, application, addressee, mayDouble: doubled, hold })

interface New extends MintOptions {
  requestId: string
}
interface Seen {
  loaded: Loaded
  /** In the builtin directory. */
  accountId: string | null
  /** `open`: its recipient is no account here, or had another request among those that came at once. */
  outcome: Outcome | 'open'
}

/** Looks requests up and mints those that are for an account, in one transaction: the look-up goes out with the locks. */
const mintNewTogether = oneFor((context: Context) =>
  createBatcher<New, Seen | undefined>(
    async news => {
      const ids = news.map(({ requestId }) => requestId)
      const { result, committed } = await context.db.pipeline.transaction(async transaction => {
        // The second sees what was committed before the locks were had.
        const [rows, states] = await Promise.all([lockNew(transaction.run, ids), readNew(transaction.run)])
        const loaded = await toLoaded(context.db, rows)
        const accountIds = new Map(rows.map(({ id, accountId }) => [id, accountId]))
        const asks = new Map<string, Ask>()
        for (const { requestId, ...options } of news) {
          const one = loaded.get(requestId)
          const accountId = accountIds.get(requestId)
          if (!one || !accountId || asks.has(accountId)) continue
          // Not what it was before the locks were had: sent again.
          const generation = states.get(requestId)?.generation ?? one.request.generation
          if (generation !== one.request.generation) continue
          asks.set(accountId, askOf(one, accountAddressee(accountId), options))
        }
        const round = [...asks.values()]
        const outcomes = await mintLocked(context, transaction, round, states)
        const ends = new Map(round.map(({ request }, index) => [request.id, outcomes[index]]))
        return { loaded, accountIds, ends }
      })
      const { loaded, accountIds, ends } = result
      return ids.map(id => {
        const one = loaded.get(id)
        const outcome = ends.has(id) ? committing(ends.get(id), committed) : 'open'
        return one && { loaded: one, accountId: accountIds.get(id) ?? null, outcome }
      })
    },
    { most: 50, gatherMs, isPatient: context.isFull, together: isUnavailable },
  ),
)

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
  const { result, committed } = await context.db.pipeline.transaction(async transaction => {
    const { run } = transaction
    const accountIds = asks.flatMap(({ addressee: { accountId } }) => accountId ?? [])
    const [, states] = await Promise.all([
      lockRecipients(run, asks.map(recipientOf), accountIds),
      readState(run, asks),
    ])
    return await mintLocked(context, transaction, asks, states)
  })
  return result.map(outcome => committing(outcome, committed))
}
