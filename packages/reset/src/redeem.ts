import type { Context } from './context.ts'
import { remoteIdOf } from './directory/addressee.ts'
import { unusable } from './errors.ts'
import { leaveBehind } from './jobs.ts'
import { consume, findToken } from './tokens.ts'
import { voidTokens } from './void-tokens.ts'
import { enqueueDeliveries, tell } from './webhooks/events.ts'

/**
 * Uses a token up without setting a password here: the application does that itself. The account's other tokens are
 * void from then on. Throws ResetError `token_unusable`.
 */
export async function redeem(
  context: Context,
  token: string,
  applicationId: string,
): Promise<{ requestId: string; account: { id: string; login: string } }> {
  const { request, application, account } = await findToken(context, token, applicationId)
  const called = application.directory === 'caller' && !request.recipient?.test ? request.recipient : null
  const remote = remoteIdOf(request, application)
  const id = called?.id ?? remote
  const who = account ?? (id === undefined ? undefined : { id, login: request.login })
  if (!who) throw unusable()
  const deliveries = await context.db.transaction(async tx => {
    await consume(tx, request)
    const { id, recipientKey } = request
    if (recipientKey) await voidTokens(tx, [{ applicationId, recipientKey, exceptRequestId: id }])
    const data = { requestId: request.id, accountId: who.id, login: who.login }
    return await tell(tx, { application, event: 'reset.used', data })
  })
  await leaveBehind(context, enqueueDeliveries(context, deliveries))
  context.record?.({ type: 'used', applicationId, dialect: request.dialect })
  return { requestId: request.id, account: { id: who.id, login: who.login } }
}
