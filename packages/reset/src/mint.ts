import { randomBytes } from 'node:crypto'
import type { Executor } from '@sparekey/db/db'
import { makeId } from '@sparekey/db/id'
import { accounts } from '@sparekey/db/schema/accounts'
import { mails } from '@sparekey/db/schema/mails'
import { resetRequests } from '@sparekey/db/schema/reset-requests'
import { pickLocale } from '@sparekey/locale/locales'
import { deriveCode, deriveToken, digestCode, digestToken, SEED_BYTES } from '@sparekey/token/token'
import { and, eq, sql } from 'drizzle-orm'
import type { Application } from './applications.ts'
import { type Context, newestSecret } from './context.ts'
import { findAccount } from './find-account.ts'
import type { IgnoreReason } from './status.ts'
import { lockRecipient, voidTokens } from './void-tokens.ts'

export type ResetRequest = typeof resetRequests.$inferSelect

/** Codes that one person may be sent in 24 hours: 5 codes of 5 tries are 25 guesses a day. */
const codesPerDay = 5
const defaultDigits = 8

/** Who gets the mail. */
interface Addressee {
  key: string
  accountId: string | null
  email: string
  name: string | null
  locale: string | null
}

/**
 * accepted → sending: finds whom to mail, mints the token and writes the mail to be sent; or → ignored, with the reason.
 * One transaction; a lock on the recipient makes the limits hold among parallel workers.
 * Resolves to the mail's id, or undefined where nothing is to be sent. `doubled`: also within a minute of another one.
 */
export async function mint(
  context: Context,
  request: ResetRequest,
  application: Application,
  { doubled: mayDouble = request.generation > 1 }: { doubled?: boolean } = {},
): Promise<string | undefined> {
  const known = await findAddressee(context, request)
  if (!known) return await ignore(context, request, 'no_account')
  const mailId = makeId('mail')

  const outcome = await context.db.transaction(async tx => {
    await lockRecipient(tx, application.id, known.key)
    const addressee = await reread(tx, known)
    if (!addressee) return 'no_account'
    // Nothing may be voided for a request that is cancelled or too late itself.
    const [wanted] = await tx
      .select({ id: resetRequests.id })
      .from(resetRequests)
      .where(
        and(
          eq(resetRequests.id, request.id),
          eq(resetRequests.status, 'accepted'),
          eq(resetRequests.generation, request.generation),
          sql`${resetRequests.deliverBefore} > now()`,
        ),
      )
      .for('update')
    if (!wanted) return undefined
    const [seen] = await tx
      .select({
        hour: sql<number>`count(*) filter (where ${mails.createdAt} > now() - interval '1 hour')`.mapWith(
          Number,
        ),
        day: sql<number>`count(*)`.mapWith(Number),
        codes: sql<number>`count(*) filter (where ${mails.withCode})`.mapWith(Number),
        doubled: sql<boolean>`exists (
          select from ${resetRequests} r where r.application_id = ${application.id} and r.recipient_key = ${addressee.key}
          and r.status in ('sending', 'sent', 'unknown') and r.id <> ${request.id} and r.carries = ${request.carries}
          and r.created_at > (select created_at from ${resetRequests} where id = ${request.id}) - interval '1 minute')`,
      })
      .from(mails)
      .where(
        and(
          eq(mails.applicationId, application.id),
          eq(mails.recipientKey, addressee.key),
          eq(mails.kind, 'reset'),
          sql`${mails.createdAt} > now() - interval '1 day'`,
        ),
      )
    const { hour = 0, day = 0, codes = 0, doubled = false } = seen ?? {}
    if (doubled && !mayDouble) return 'duplicate'
    if (hour >= application.limits.perRecipientHour || day >= application.limits.perRecipientDay)
      return 'recipient_limit'

    const withCode = codes < codesPerDay
    if (!withCode && request.carries === 'code') return 'recipient_limit'
    const secrets = await makeSecrets(context, tx, request, application.codeDigits ?? request.codeDigits)
    await voidTokens(tx, application.id, addressee.key, request.id)
    const [minted] = await tx
      .update(resetRequests)
      .set({
        status: 'sending',
        accountId: addressee.accountId,
        recipientKey: addressee.key,
        ...secrets,
        ...(withCode ? {} : { codeDigest: null }),
        codeTries: 0,
        mintedAt: sql`now()`,
        // Until the mail server has taken the mail, nobody holds the token but it; the true times are set then.
        expiresAt: sql`${resetRequests.deliverBefore} + make_interval(mins => ${application.linkMinutes})`,
        codeExpiresAt: sql`${resetRequests.deliverBefore} + make_interval(mins => ${application.codeMinutes})`,
      })
      .where(eq(resetRequests.id, request.id))
      .returning({ deliverBefore: resetRequests.deliverBefore })
    if (!minted) return undefined
    await tx.insert(mails).values({
      id: mailId,
      applicationId: application.id,
      requestId: request.id,
      generation: request.generation,
      kind: 'reset',
      recipientKey: addressee.key,
      toAddress: addressee.email,
      toName: addressee.name,
      locale: pickLocale(request.locale, addressee.locale, application.locale),
      withCode,
      status: 'queued',
      deliverBefore: minted.deliverBefore,
    })
    return mailId
  })
  if (outcome === undefined || outcome === mailId) return outcome
  return await ignore(context, request, outcome as IgnoreReason)
}

/**
 * Seed and digests of a new token and code. A code that is mailed alone must be one that no other live request of the
 * application has, or it would open another's account: then the seed is drawn again.
 */
async function makeSecrets(
  context: Context,
  tx: Executor,
  { id, applicationId, carries }: ResetRequest,
  digits: number | null,
) {
  const secret = newestSecret(context)
  const codeDigits = digits ?? defaultDigits
  for (;;) {
    const seed = randomBytes(SEED_BYTES)
    const code = deriveCode(secret.key, id, seed, codeDigits)
    const codeLookup = carries === 'code' ? digestCode(secret.key, applicationId, code) : null
    const made = {
      secretId: secret.id,
      seed,
      tokenDigest: digestToken(deriveToken(secret.key, id, seed)),
      codeDigest: digestCode(secret.key, id, code),
      codeDigits,
      codeLookup,
    }
    if (codeLookup === null) return made
    const [other] = await tx
      .select({ id: resetRequests.id })
      .from(resetRequests)
      .where(and(eq(resetRequests.applicationId, applicationId), eq(resetRequests.codeLookup, codeLookup)))
    if (!other) return made
  }
}

async function findAddressee({ db }: Context, request: ResetRequest): Promise<Addressee | undefined> {
  if (request.recipient) {
    const { id, email, name, locale } = request.recipient
    return { key: `caller:${id}`, accountId: null, email, name: name ?? null, locale: locale ?? null }
  }
  const account = await findAccount(db, request.applicationId, request.loginKey)
  if (!account) return undefined
  return {
    key: account.id,
    accountId: account.id,
    email: account.email,
    name: account.name,
    locale: account.locale,
  }
}

/** The addressee as it is now, under the lock: the account may have got another address since it was found. */
async function reread(tx: Executor, addressee: Addressee): Promise<Addressee | undefined> {
  if (addressee.accountId === null) return addressee
  const { email, name, locale } = accounts
  const [now] = await tx
    .select({ email, name, locale })
    .from(accounts)
    .where(eq(accounts.id, addressee.accountId))
  return now && { ...addressee, ...now }
}

async function ignore(context: Context, request: ResetRequest, reason: IgnoreReason): Promise<undefined> {
  const { id, applicationId, dialect } = request
  const [ignored] = await context.db
    .update(resetRequests)
    .set({ status: 'ignored', reason, endedAt: sql`now()` })
    .where(and(eq(resetRequests.id, id), eq(resetRequests.status, 'accepted')))
    .returning({ id: resetRequests.id })
  if (ignored) context.record?.({ type: 'ignored', reason, applicationId, dialect })
}
