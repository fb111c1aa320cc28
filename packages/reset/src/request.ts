import { createHash } from 'node:crypto'
import type { Executor } from '@sparekey/db/db'
import { makeId } from '@sparekey/db/id'
import { idempotencyKeys } from '@sparekey/db/schema/reset-requests'
import type { Carries, ClientFacts, Dialect, Recipient } from '@sparekey/db/types'
import { checkAddress } from '@sparekey/mail/address'
import { and, eq, sql } from 'drizzle-orm'
import type { Application } from './applications.ts'
import type { Context } from './context.ts'
import { invalid, ResetError } from './errors.ts'
import { insertRow, type NewRequest, writeTogether } from './intake.ts'
import { enqueueNew, leaveBehind } from './jobs.ts'
import { isLogin, loginKey } from './login.ts'
import { checkRedirect, isMailable } from './redirect.ts'
import { enqueueDeliveries, tell } from './webhooks/events.ts'

export interface RequestInput {
  application: Application
  dialect: Dialect
  login: string
  locale?: string | undefined
  redirectUrl?: string | undefined
  /** Where the mail's link leads instead of where the application's links lead: a URL with `{token}` in it. */
  resetUrl?: string | undefined
  /** `code`: the mail has a code and no link, and the code is exchanged without a login. `link` unless told. */
  carries?: Carries | undefined
  /** Digits of the code where the application does not say; 8 unless told. */
  codeDigits?: number | undefined
  metadata?: Record<string, unknown> | undefined
  client: ClientFacts
  recipient?: Recipient | undefined
  /** An operator's look at the real mail: it goes to `recipient` in any directory, and its token opens nothing. */
  test?: boolean | undefined
  /** `key` as the caller sent it; `body` a digest of what was asked. Remembered for 24 hours. */
  idempotency?: { key: string; body: Buffer; route: string } | undefined
}

/**
 * Takes a reset request: writes its row, and has its job enqueued. Looks no account up, so that there is nothing to
 * tell by answer or by clock (ASVS 5.0 6.3.8). Resolves once the row is committed: the job follows, also where the queue is away.
 * Throws ResetError `invalid_request`, `idempotency_mismatch`; a database out of reach rejects with the driver's error.
 */
export async function request(context: Context, input: RequestInput): Promise<{ id: string }> {
  const { id, isNew } = await insertRequest(context, input)
  if (context.reached) await context.reached('written')
  if (!isNew) return { id }
  const priority = context.fairness?.(input.application.id)
  const enqueued = enqueueNew(context, id, priority)
  if (enqueued) await enqueued
  return { id }
}

/** Writes a request's row, or finds the one that this Idempotency-Key was answered with. Throws as `request` does. */
export async function insertRequest(
  context: Context,
  input: RequestInput,
): Promise<{ id: string; isNew: boolean }> {
  const { application, login, client } = input
  if (!isLogin(login)) throw invalid('login', 'must be one line of text')
  if (application.directory === 'caller' && !input.recipient) {
    throw invalid('recipient', "is required, since the application's directory is the caller's")
  }
  if (application.directory !== 'caller' && input.recipient && !input.test) {
    throw invalid('recipient', "is only taken where the application's directory is the caller's")
  }
  const email = input.recipient && checkAddress(input.recipient.email)
  if (email === null) throw invalid('recipient.email', 'must be an email address')
  const row: NewRequest = {
    id: makeId('req'),
    applicationId: application.id,
    dialect: input.dialect,
    login,
    loginKey: loginKey(login),
    locale: input.locale ?? null,
    redirectUrl:
      input.redirectUrl === undefined ? null : checkRedirect(input.redirectUrl, application.redirectOrigins),
    resetUrl: input.resetUrl === undefined ? null : checkLink(input.resetUrl, application),
    carries: input.carries ?? 'link',
    codeDigits: input.codeDigits ?? null,
    metadata: input.metadata ?? null,
    client,
    recipient:
      input.recipient && email ? { ...input.recipient, email, ...(input.test ? { test: true } : {}) } : null,
    deliverWithinMinutes: application.deliverWithinMinutes,
  }
  const told = { requestId: row.id, login, dialect: input.dialect }
  const { idempotency } = input
  let deliveries: string[] = []
  const insert = async (tx: Executor) => {
    await insertRow(tx, row)
    deliveries = await tell(tx, { application, event: 'reset.accepted', data: told })
  }
  if (idempotency) {
    const earlier = await insertOnce(context, row, idempotency, insert)
    if (earlier) return { id: earlier, isNew: false }
  } else if (application.webhookEvents.includes('reset.accepted')) {
    await context.db.transaction(insert)
  } else {
    await writeTogether(context.db)(row)
  }
  if (deliveries.length > 0) await leaveBehind(context, enqueueDeliveries(context, deliveries))
  context.record?.({ type: 'accepted', applicationId: application.id, dialect: input.dialect })
  return { id: row.id, isNew: true }
}

/** A link's place for the token is the caller's own; the origin must be allowed as for any redirect. */
function checkLink(template: string, { redirectOrigins }: Application): string {
  checkRedirect(template.replace('{token}', 'token'), redirectOrigins, 'resetUrl')
  if (!isMailable(template)) throw invalid('resetUrl', 'has characters that must be percent-encoded')
  return template
}

/** Key and request are written together, so whoever finds the key finds its answer too. */
async function insertOnce(
  { db }: Context,
  values: NewRequest,
  { key, body, route }: NonNullable<RequestInput['idempotency']>,
  insert: (tx: Executor) => Promise<void>,
): Promise<string | undefined> {
  const keyDigest = createHash('sha256').update(key).digest()
  const inserted = await db.transaction(async tx => {
    const [mine] = await tx
      .insert(idempotencyKeys)
      .values({
        applicationId: values.applicationId,
        route,
        keyDigest,
        bodyDigest: body,
        requestId: values.id,
      })
      .onConflictDoUpdate({
        target: [idempotencyKeys.applicationId, idempotencyKeys.route, idempotencyKeys.keyDigest],
        set: { bodyDigest: body, requestId: values.id, createdAt: sql`now()` },
        setWhere: sql`${idempotencyKeys.createdAt} < now() - interval '24 hours'`,
      })
      .returning({ requestId: idempotencyKeys.requestId })
    if (!mine) return false
    await insert(tx)
    return true
  })
  if (inserted) return undefined
  const [first] = await db
    .select({ bodyDigest: idempotencyKeys.bodyDigest, requestId: idempotencyKeys.requestId })
    .from(idempotencyKeys)
    .where(
      and(
        eq(idempotencyKeys.applicationId, values.applicationId),
        eq(idempotencyKeys.route, route),
        eq(idempotencyKeys.keyDigest, keyDigest),
      ),
    )
  if (!first)
    throw new ResetError('idempotency_in_progress', 'The first call with this Idempotency-Key is under way.')
  if (!first.bodyDigest.equals(body)) {
    throw new ResetError('idempotency_mismatch', 'This Idempotency-Key was used with another body.')
  }
  return first.requestId
}
