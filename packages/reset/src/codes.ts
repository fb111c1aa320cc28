import { applications } from '@sparekey/db/schema/applications'
import { resetRequests } from '@sparekey/db/schema/reset-requests'
import { digestCode, digestToken, randomToken, sameDigest, type TokenForm } from '@sparekey/token/token'
import { and, desc, eq, gt, inArray, isNotNull, lt, type SQL, sql } from 'drizzle-orm'
import type { Application } from './applications.ts'
import { type Context, newestSecret, secretById } from './context.ts'
import { ResetError, unusable } from './errors.ts'
import { countGuess, forgiveGuess, refuseGuess } from './guesses.ts'
import { loginKey } from './login.ts'
import { usable } from './tokens.ts'
import { cancelMails } from './void-tokens.ts'

/** Wrong tries after which a code is void. */
const codeTries = 5

export interface ExchangeInput {
  code: string
  requestId?: string | undefined
  /** Instead of the request's id: the login it was asked for. */
  login?: string | undefined
  applicationId?: string | undefined
}

export interface Exchanged {
  token: string
  expiresAt: Date
}

/**
 * A code for a token. The seed is gone once the mail is out, so a new token takes the place of the mailed one, with
 * the same end of life; the code is used up. A try is counted before the code is looked at, so that parallel guesses
 * get no more than five looks, and by application, whose breaker refuses the right code too once it has tripped. Hit or
 * miss do the same work, since a code that is there tells of an account.
 * Throws ResetError `token_unusable`, whatever is wrong.
 */
export async function exchange(context: Context, input: ExchangeInput): Promise<Exchanged> {
  const code = digitsOf(input.code)
  const application = code === undefined ? undefined : await findOwner(context, input)
  if (code === undefined || !application) throw unusable()
  const tried = await countTry(context, application, input)
  if (!tried.counted) await refuseGuess(context, application, 'exchange')
  const { id, secretId, codeDigest } = tried
  if (id === null) throw unusable()
  const { key } = secretById(context, secretId) ?? newestSecret(context)
  const digest = digestCode(key, id, code)
  if (!codeDigest || !sameDigest(digest, codeDigest)) throw unusable()
  const exchanged = await swap(
    context,
    and(eq(resetRequests.id, id), eq(resetRequests.codeDigest, codeDigest)),
  )
  await forgiveGuess(context, application, 'exchange')
  return exchanged
}

/**
 * A code for a token where nothing tells whose code it is: any live code of the application that was mailed alone. Every
 * guess is counted by application before it is looked at, and a right one is taken off again.
 * Throws ResetError `token_unusable`, and `rate_limited` once the application has seen too many wrong ones.
 */
export async function exchangeAlone(
  context: Context,
  { application, code: text, form }: { application: Application; code: string; form?: TokenForm },
): Promise<Exchanged> {
  const code = digitsOf(text)
  if (code === undefined) throw unusable()
  const counted = await context.db.execute(countGuess(application, 'alone'))
  if (counted.length === 0) {
    throw new ResetError('rate_limited', 'Too many wrong codes were tried. No code is taken for now.', {
      retryAfter: await refuseGuess(context, application, 'alone'),
    })
  }
  const lookups = context.secrets.map(({ key }) => digestCode(key, application.id, code))
  const exchanged = await swap(
    context,
    eq(
      resetRequests.id,
      context.db
        .select({ id: resetRequests.id })
        .from(resetRequests)
        .where(
          and(
            eq(resetRequests.applicationId, application.id),
            inArray(resetRequests.codeLookup, lookups),
            gt(resetRequests.codeExpiresAt, sql`now()`),
          ),
        )
        // While keys rotate, two requests may have the same code under different keys.
        .limit(1)
        .for('update'),
    ),
    form,
  )
  await forgiveGuess(context, application, 'alone')
  return exchanged
}

/** live, with a code → live, with a new token that only the caller knows. Of parallel callers exactly one gets through. */
async function swap({ db }: Context, which: SQL | undefined, form?: TokenForm): Promise<Exchanged> {
  const token = randomToken(form)
  return await db.transaction(async tx => {
    const [row] = await tx
      .update(resetRequests)
      .set({
        tokenDigest: digestToken(token),
        codeDigest: null,
        codeLookup: null,
        seed: null,
        exchangedAt: sql`now()`,
      })
      .where(and(which, usable))
      .returning({ id: resetRequests.id, expiresAt: resetRequests.expiresAt })
    if (!row?.expiresAt) throw unusable()
    // A mail that is still to be tried again would carry what works no more.
    await cancelMails(tx, row.id)
    return { token, expiresAt: row.expiresAt }
  })
}

function digitsOf(text: string): string | undefined {
  const code = text.replace(/[\s-]/g, '')
  return /^\d{6,10}$/.test(code) ? code : undefined
}

/** The application whose code it would be, and whose breaker counts the guess: the one that is named, else the request's. */
export async function findOwner(
  { db }: Context,
  { requestId, applicationId }: Pick<ExchangeInput, 'requestId' | 'applicationId'>,
) {
  const ofRequest = db
    .select({ id: resetRequests.applicationId })
    .from(resetRequests)
    .where(eq(resetRequests.id, requestId ?? ''))
  const { id, directory, limits, webhookEvents } = applications
  const [owner] = await db
    .select({ id, directory, limits, webhookEvents })
    .from(applications)
    .where(eq(id, applicationId ?? ofRequest))
  return owner
}

/**
 * Counts a try at a request's code and at the application's, in one statement, since all guesses of an application wait for
 * each other in it. Resolves to what the code is compared with, null where none is live. The request's row is written in
 * either case, so that the time which that takes tells nothing. `counted`: false where the breaker has tripped; then, and
 * where there is no request, `id` is null.
 */
async function countTry(
  { db }: Context,
  application: Pick<Application, 'id' | 'limits'>,
  { requestId, login }: ExchangeInput,
) {
  const open = sql`(${and(
    usable,
    // A code that is mailed alone is short, and guarded by its own breaker: it has no other way.
    eq(resetRequests.carries, 'link'),
    isNotNull(resetRequests.codeDigest),
    lt(resetRequests.codeTries, codeTries),
    gt(resetRequests.codeExpiresAt, sql`now()`),
  )})`
  const mine = eq(resetRequests.applicationId, application.id)
  const newest = (which?: SQL) =>
    db
      .select({ id: resetRequests.id })
      .from(resetRequests)
      .where(and(mine, eq(resetRequests.loginKey, loginKey(login ?? '')), which))
      .orderBy(desc(resetRequests.id))
      .limit(1)
  const which = eq(resetRequests.id, requestId ?? sql`coalesce(${newest(open)}, ${newest()})`)
  // Not waited for the disk: what a crash of the server forgets is a moment's tries.
  const [tried] = await db.execute<{
    counted: boolean
    id: string | null
    secretId: string | null
    codeDigest: Buffer | null
  }>(sql`
    with quick as (select set_config('synchronous_commit', 'off', true)),
    counted as (${countGuess(application, 'exchange')}),
    tried as (
      select id, secret_id, ${open} as open, case when ${open} then code_digest end as code_digest
      from reset_requests where ${mine} and ${which} and exists (select from counted)
      for update
    ),
    written as (
      update reset_requests r set code_tries = r.code_tries + tried.open::int from tried where r.id = tried.id
    )
    select exists (select from counted) as counted, tried.id, tried.secret_id as "secretId",
      tried.code_digest as "codeDigest"
    from quick left join tried on true`)
  if (!tried) throw new TypeError('a select returned no row')
  return tried
}
