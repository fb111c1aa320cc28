import { deriveToken } from '@sparekey/token/token'
import { type Context, secretById } from './context.ts'
import { enqueue, resetJob } from './jobs.ts'
import { mint } from './mint.ts'
import { insertRequest, type RequestInput } from './request.ts'

/**
 * Takes a reset request and hands the link out that is mailed at the same time: only where the mail is for `recipientKey`,
 * who has proved to be that person. Looks the account up and mints at once, so neither the answer nor its time is the same
 * for everyone. Resolves to undefined where nothing is mailed (no such account, a suppressed address, or over its limit), or
 * to somebody else. Throws as `request` does.
 */
export async function requestLink(
  context: Context,
  input: RequestInput & { resetUrl: string; recipientKey: string },
): Promise<{ id: string; link: string } | undefined> {
  const { id } = await insertRequest(context, input)
  const { minted } = await mint(context, id, { hold: 'nobody', doubled: true })
  await minted?.committed
  const secret = minted && secretById(context, minted.request.secretId)
  if (!minted?.request.seed || !secret) return undefined
  const link = input.resetUrl.replace('{token}', deriveToken(secret.key, id, minted.request.seed))
  await enqueue(context, [resetJob(id, 1)])
  return minted.mail.recipientKey === input.recipientKey ? { id, link } : undefined
}
