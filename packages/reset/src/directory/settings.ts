/**
 * The `http` directory's place and secrets. They are a webhook endpoint of their own kind, so that secrets rotate, and
 * what must reach the application's server is delivered, as for webhooks.
 */
import type { Executor } from '@sparekey/db/db'
import { makeId } from '@sparekey/db/id'
import { webhookEndpoints } from '@sparekey/db/schema/webhooks'
import type { Directory } from '@sparekey/db/types'
import { makeSigningSecret } from '@sparekey/webhook/sign'
import { and, eq } from 'drizzle-orm'
import type { Context } from '../context.ts'
import { invalid, notFound } from '../errors.ts'
import { overlapHours } from '../webhooks/endpoints.ts'
import { rotated, seal } from '../webhooks/secrets.ts'

/** https, or http on this machine. Which addresses may be called is looked at with each call. Throws `invalid_request`. */
export function checkDirectoryUrl(text: string): void {
  const wrong = invalid('directoryUrl', 'must be an https URL without user or fragment')
  if (!/^https?:\/\/[^/?#\\\s@]+([/?][^#\\\s]*)?$/.test(text) || !URL.canParse(text)) throw wrong
  const { protocol, hostname, username } = new URL(text)
  const here = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname)
  if (username || (protocol !== 'https:' && !here)) throw wrong
}

/** The endpoint row of an application's directory. */
export const directoryOf = (applicationId: string) =>
  and(eq(webhookEndpoints.applicationId, applicationId), eq(webhookEndpoints.kind, 'directory'))

/**
 * Keeps the endpoint as the application's settings are; with its row gets its first secret, whose text is returned here and
 * never again. Throws ResetError `invalid_request` for a directory that nobody could ask.
 */
export async function saveDirectory(
  context: Pick<Context, 'secrets'>,
  tx: Executor,
  {
    id: applicationId,
    directory,
    directoryUrl: url,
  }: { id: string; directory: Directory; directoryUrl: string | null },
): Promise<string | undefined> {
  if (url === null) {
    if (directory === 'http') throw invalid('directoryUrl', 'is required where the directory is http')
    return undefined
  }
  const changed = await tx
    .update(webhookEndpoints)
    .set({ url })
    .where(directoryOf(applicationId))
    .returning({ id: webhookEndpoints.id })
  if (changed.length > 0) return undefined
  const secret = makeSigningSecret()
  const secrets = [seal(context, secret)]
  await tx
    .insert(webhookEndpoints)
    .values({ id: makeId('hook'), applicationId, kind: 'directory', url, events: [], secrets })
  return secret
}

/**
 * A new secret, returned here and never again; the old one signs beside it for a day. Throws ResetError `not_found` where
 * the application has no `directoryUrl`.
 */
export async function rotateDirectorySecret(
  context: Context,
  applicationId: string,
): Promise<{ secret: string }> {
  return await context.db.transaction(async tx => {
    const [endpoint] = await tx
      .select()
      .from(webhookEndpoints)
      .where(directoryOf(applicationId))
      .for('update')
    if (!endpoint) throw notFound('directory')
    const { text, secrets } = rotated(context, endpoint.secrets, overlapHours, new Date())
    await tx.update(webhookEndpoints).set({ secrets }).where(eq(webhookEndpoints.id, endpoint.id))
    return { secret: text }
  })
}
