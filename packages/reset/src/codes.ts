import { resetRequests } from '@sparekey/db/schema/reset-requests'
import { digestCode, digestToken, randomToken, sameDigest, type TokenForm } from '@sparekey/token/token'
import { and, desc, eq, gt, inArray, isNotNull, lt, type SQL, sql } from 'drizzle-orm'
import type { Application } from './applications.ts'
import { type Context, secretById } from './context.ts'
import { unusable } from './errors.ts'
import { countGuess, forgiveGuess } from './guesses.ts'
import { loginKey } from './login.ts'
import type { ResetRequest } from './mint.ts'
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
 * get no more than five looks. Throws ResetError `token_unusable`, whatever is wrong.
 */
export async function exchange(context: Context, input: ExchangeInput): Promise<Exchanged> {
  const code = digitsOf(input.code)
  const request = code === undefined ? undefined : await countTry(context, input)
  const secret = request && secretById(context, request.secretId)
  if (code === undefined || !request?.codeDigest || !secret) throw unusable()
  if (!sameDigest(digestCode(secret.key, request.id, code), request.codeDigest)) throw unusable()
  return await swap(
    context,
    and(eq(resetRequests.id, request.id), eq(resetRequests.codeDigest, request.codeDigest)),
  )
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
  await countGuess(context, application)
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
  await forgiveGuess(context, application)
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

async function countTry(
  { db }: Context,
  { requestId, login, applicationId }: ExchangeInput,
): Promise<ResetRequest | undefined> {
  const open = and(
    usable,
    // A code that is mailed alone is short, and guarded by its own breaker: it has no other way.
    eq(resetRequests.carries, 'link'),
    isNotNull(resetRequests.codeDigest),
    lt(resetRequests.codeTries, codeTries),
    gt(resetRequests.codeExpiresAt, sql`now()`),
    applicationId === undefined ? undefined : eq(resetRequests.applicationId, applicationId),
  )
  const which =
    requestId === undefined
      ? eq(
          resetRequests.id,
          db
            .select({ id: resetRequests.id })
            .from(resetRequests)
            .where(and(eq(resetRequests.loginKey, loginKey(login ?? '')), open))
            .orderBy(desc(resetRequests.id))
            .limit(1),
        )
      : eq(resetRequests.id, requestId)
  const [counted] = await db
    .update(resetRequests)
    .set({ codeTries: sql`${resetRequests.codeTries} + 1` })
    .where(and(which, open))
    .returning()
  return counted
}
