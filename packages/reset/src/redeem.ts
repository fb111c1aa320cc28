import type { Context } from './context.ts'
import { unusable } from './errors.ts'
import { consume, findToken } from './tokens.ts'
import { voidTokens } from './void-tokens.ts'

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
  const called = application.directory === 'caller' ? request.recipient : null
  const who = account ?? (called && { id: called.id, login: request.login })
  if (!who) throw unusable()
  await context.db.transaction(async tx => {
    await consume(tx, request)
    if (request.recipientKey) await voidTokens(tx, applicationId, request.recipientKey, request.id)
  })
  context.record?.({ type: 'used', applicationId, dialect: request.dialect })
  return { requestId: request.id, account: { id: who.id, login: who.login } }
}
