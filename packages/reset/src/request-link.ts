import { resetRequests } from '@sparekey/db/schema/reset-requests'
import { deriveToken } from '@sparekey/token/token'
import { eq } from 'drizzle-orm'
import { type Context, secretById } from './context.ts'
import { enqueue, resetJob } from './jobs.ts'
import { mint, type ResetRequest } from './mint.ts'
import { insertRequest, type RequestInput } from './request.ts'

/**
 * Takes a reset request and hands the link out that is mailed at the same time: only for a person who has proved to be
 * the account's. Looks the account up and mints at once, so neither the answer nor its time is the same for everyone.
 * Resolves to undefined where nothing is mailed: no such account, or over its limit. Throws as `request` does.
 */
export async function requestLink(
  context: Context,
  input: RequestInput & { resetUrl: string },
): Promise<{ id: string; link: string } | undefined> {
  const { id } = await insertRequest(context, input)
  const read = async (): Promise<ResetRequest | undefined> =>
    (await context.db.select().from(resetRequests).where(eq(resetRequests.id, id)))[0]
  const request = await read()
  const mailId = request && (await mint(context, request, input.application, { doubled: true }))
  if (!mailId) return undefined
  const minted = await read()
  const secret = minted && secretById(context, minted.secretId)
  if (!minted?.seed || !secret) return undefined
  const link = input.resetUrl.replace('{token}', deriveToken(secret.key, id, minted.seed))
  await enqueue(context, [resetJob(id, 1)])
  return { id, link }
}
