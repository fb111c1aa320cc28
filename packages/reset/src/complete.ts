import type { Executor } from '@sparekey/db/db'
import { makeId } from '@sparekey/db/id'
import { accounts } from '@sparekey/db/schema/accounts'
import { mails } from '@sparekey/db/schema/mails'
import type { ClientFacts } from '@sparekey/db/types'
import { pickLocale } from '@sparekey/locale/locales'
import { eq, sql } from 'drizzle-orm'
import type { Context } from './context.ts'
import { changeRemotely, findRemotePerson, transactSlowly } from './directory/change.ts'
import { invalid, unusable } from './errors.ts'
import { enqueue, leaveBehind, noticeJob } from './jobs.ts'
import { assertPassword } from './passwords/check.ts'
import { hashPassword } from './passwords/hash.ts'
import { consume, findToken } from './tokens.ts'
import { voidTokens } from './void-tokens.ts'
import { enqueueDeliveries, tell } from './webhooks/events.ts'

/** A notice is worth sending for a day; a reset mail only as long as its request lives. */
const noticeHours = 24

export interface CompleteInput {
  token: string
  password: string
  client: ClientFacts
  applicationId?: string | undefined
}

/** Whose password was set; sessions that began before `sessionsValidAfter` must end. */
export interface Completed {
  account: { id: string; login: string; sessionsValidAfter: Date }
  redirectUrl?: string
}

/**
 * Sets a new password and uses the token up. The policy is asked first and the hash is made outside the
 * transaction, so that a refused password uses nothing up; then everything changes at once, or nothing: the token is
 * consumed, the account's other tokens are void, `sessions_valid_after` is stamped and the notice is written.
 * Of parallel calls with one token exactly one succeeds. In an `http` directory the application's own server sets the
 * password, as `changeRemotely` says.
 * Throws ResetError `token_unusable`, `password_refused` (with reasons), `invalid_request` in a caller's directory,
 * `unavailable` where the application's own server does not set it.
 */
export async function complete(context: Context, input: CompleteInput): Promise<Completed> {
  const held = await findToken(context, input.token, input.applicationId)
  const { request, application } = held
  if (application.directory === 'caller') {
    throw invalid(
      'token',
      'this application sets passwords itself: use the token up with POST /v1/reset-tokens/redeem',
    )
  }
  const remote = application.directory === 'http'
  const account = remote ? await findRemotePerson(context, held) : held.account
  if (!account) throw unusable()

  await assertPassword(context, input.password, {
    minLength: application.minPasswordLength,
    login: account.login,
    email: account.email,
    name: account.name,
    applicationName: application.name,
  })
  const passwordHash = remote ? undefined : await hashPassword(input.password)
  await context.reached?.('hashed')

  const noticeId = makeId('mail')
  const change = async (tx: Executor) => {
    const usedAt = await consume(tx, request)
    await voidTokens(tx, [
      {
        applicationId: application.id,
        recipientKey: request.recipientKey ?? account.id,
        exceptRequestId: request.id,
      },
    ])
    const { email, sessionsValidAfter, deliveries } =
      passwordHash === undefined
        ? {
            email: account.email,
            sessionsValidAfter: new Date(usedAt),
            deliveries: await changeRemotely(context, tx, application, {
              accountId: account.id,
              password: input.password,
            }),
          }
        : { ...(await changeHere(tx, account.id, passwordHash)), deliveries: [] }
    await tx.insert(mails).values({
      id: noticeId,
      applicationId: application.id,
      requestId: request.id,
      generation: request.generation,
      kind: 'notice',
      recipientKey: request.recipientKey ?? account.id,
      toAddress: email,
      toName: account.name,
      locale: pickLocale(request.locale, account.locale, application.locale),
      details: { login: account.login, changedAt: usedAt, ...input.client },
      status: 'queued',
      deliverBefore: sql`now() + make_interval(hours => ${noticeHours})`,
    })
    const who = { accountId: account.id, login: account.login }
    const used = { event: 'reset.used' as const, data: { requestId: request.id, ...who } }
    const changed = { event: 'account.password_changed' as const, data: { ...who, sessionsValidAfter } }
    deliveries.push(
      ...(await tell(tx, { application, ...used })),
      ...(await tell(tx, { application, ...changed })),
    )
    return { sessionsValidAfter, deliveries }
  }
  const { sessionsValidAfter, deliveries } = await (remote
    ? transactSlowly(context, application.id, change)
    : context.db.transaction(change))
  await context.reached?.('changed')
  context.record?.({ type: 'used', applicationId: application.id, dialect: request.dialect })
  const jobs = [enqueueDeliveries(context, deliveries), enqueue(context, [noticeJob(noticeId)])]
  await leaveBehind(context, Promise.all(jobs))
  const { id, login } = account
  return {
    account: { id, login, sessionsValidAfter },
    ...(request.redirectUrl ? { redirectUrl: request.redirectUrl } : {}),
  }
}

async function changeHere(tx: Executor, accountId: string, passwordHash: string) {
  const [changed] = await tx
    .update(accounts)
    .set({ passwordHash, passwordSetAt: sql`now()`, sessionsValidAfter: sql`now()`, updatedAt: sql`now()` })
    .where(eq(accounts.id, accountId))
    .returning({ email: accounts.email, sessionsValidAfter: accounts.sessionsValidAfter })
  if (!changed?.sessionsValidAfter) throw unusable()
  return { email: changed.email, sessionsValidAfter: changed.sessionsValidAfter }
}
