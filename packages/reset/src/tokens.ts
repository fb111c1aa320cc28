import { randomBytes } from 'node:crypto'
import type { Executor } from '@sparekey/db/db'
import { accounts } from '@sparekey/db/schema/accounts'
import { applications } from '@sparekey/db/schema/applications'
import { resetRequests } from '@sparekey/db/schema/reset-requests'
import { deriveToken, digestCode, digestToken, isToken, SEED_BYTES, sameDigest } from '@sparekey/token/token'
import { and, desc, eq, gt, inArray, isNotNull, lt, sql } from 'drizzle-orm'
import type { Application } from './applications.ts'
import { type Context, newestSecret, secretById } from './context.ts'
import { unusable } from './errors.ts'
import { loginKey, maskLogin } from './login.ts'
import type { ResetRequest } from './mint.ts'
import { live } from './status.ts'
import { cancelMails } from './void-tokens.ts'

/** Wrong tries after which a code is void. */
export const CODE_TRIES = 5

/** A token that works now: its status is live and its time is not over, by the database's clock. */
export const usable = and(inArray(resetRequests.status, [...live]), gt(resetRequests.expiresAt, sql`now()`))

export interface Held {
  request: ResetRequest
  application: Omit<Application, 'aliases'>
  account: typeof accounts.$inferSelect | null
}

/**
 * Whose token this is. `applicationId`: the only application that the caller may speak for.
 * Throws ResetError `token_unusable` for every token that does not work now, whatever the cause.
 */
export async function findToken({ db }: Context, token: string, applicationId?: string): Promise<Held> {
  if (!isToken(token)) throw unusable()
  const digest = digestToken(token)
  const [row] = await db
    .select({ request: resetRequests, application: applications, account: accounts })
    .from(resetRequests)
    .innerJoin(applications, eq(applications.id, resetRequests.applicationId))
    .leftJoin(accounts, eq(accounts.id, resetRequests.accountId))
    .where(and(eq(resetRequests.tokenDigest, digest), usable))
  if (!row?.request.tokenDigest || !sameDigest(row.request.tokenDigest, digest)) throw unusable()
  if (applicationId !== undefined && row.application.id !== applicationId) throw unusable()
  return row
}

/**
 * live → used, if the token still is the one that was looked at and its time is not over: of parallel callers exactly
 * one gets through. Resolves to the database's time, ISO 8601. Throws ResetError `token_unusable`.
 */
export async function consume(tx: Executor, { id, tokenDigest }: ResetRequest): Promise<string> {
  const [used] = await tx
    .update(resetRequests)
    .set({ status: 'used', endedAt: sql`now()`, seed: null, codeDigest: null })
    .where(and(eq(resetRequests.id, id), eq(resetRequests.tokenDigest, tokenDigest as Buffer), usable))
    .returning({ at: sql<string>`to_char(now() at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')` })
  if (!used) throw unusable()
  return used.at
}

/** Looks at a token and changes nothing. Throws ResetError `token_unusable`. */
export async function peek(context: Context, token: string, applicationId?: string) {
  const { request, application } = await findToken(context, token, applicationId)
  return { expiresAt: request.expiresAt ?? new Date(0), login: maskLogin(request.login), application }
}

export interface ExchangeInput {
  code: string
  requestId?: string | undefined
  /** Instead of the request's id: the login it was asked for. */
  login?: string | undefined
  applicationId?: string | undefined
}

/**
 * A code for a token. The seed is gone once the mail is out, so a new token takes the place of the mailed one, with
 * the same end of life; the code is used up. A try is counted before the code is looked at, so that parallel guesses
 * get no more than five looks. Throws ResetError `token_unusable`, whatever is wrong.
 */
export async function exchange(
  context: Context,
  input: ExchangeInput,
): Promise<{ token: string; expiresAt: Date }> {
  const code = input.code.replace(/[\s-]/g, '')
  const request = /^\d{6,10}$/.test(code) ? await countTry(context, input) : undefined
  const secret = request && secretById(context, request.secretId)
  if (!request?.codeDigest || !secret) throw unusable()
  if (!sameDigest(digestCode(secret.key, request.id, code), request.codeDigest)) throw unusable()

  const newest = newestSecret(context)
  const token = deriveToken(newest.key, request.id, randomBytes(SEED_BYTES))
  const exchanged = await context.db.transaction(async tx => {
    const [row] = await tx
      .update(resetRequests)
      .set({ tokenDigest: digestToken(token), codeDigest: null, seed: null, exchangedAt: sql`now()` })
      .where(
        and(
          eq(resetRequests.id, request.id),
          eq(resetRequests.codeDigest, request.codeDigest as Buffer),
          usable,
        ),
      )
      .returning({ expiresAt: resetRequests.expiresAt })
    // A mail that is still to be tried again would carry the link that works no more.
    if (row) await cancelMails(tx, request.id)
    return row
  })
  if (!exchanged?.expiresAt) throw unusable()
  return { token, expiresAt: exchanged.expiresAt }
}

async function countTry(
  { db }: Context,
  { requestId, login, applicationId }: ExchangeInput,
): Promise<ResetRequest | undefined> {
  const open = and(
    usable,
    isNotNull(resetRequests.codeDigest),
    lt(resetRequests.codeTries, CODE_TRIES),
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
