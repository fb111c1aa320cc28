import { resetRequests } from '@sparekey/db/schema/reset-requests'
import { BusyError } from '@sparekey/webhook/places'
import { and, eq } from 'drizzle-orm'
import type { Addressee } from '../addressee.ts'
import type { Application } from '../applications.ts'
import type { Context } from '../context.ts'
import type { JobRequest, ResetRequest } from '../load.ts'
import { DirectoryFault, findRemote } from './calls.ts'

const prefix = 'http:'

/** Whether the application's own server knows whom to mail. An operator's test mail goes to whom it names. */
export function isRemote(
  { recipient }: Pick<ResetRequest, 'recipient'>,
  { directory }: Pick<Application, 'directory'>,
): boolean {
  return directory === 'http' && !recipient
}

/** The id that the application's own server gave to whom a request was mailed. */
export function remoteIdOf(
  { recipientKey }: Pick<ResetRequest, 'recipientKey'>,
  { directory }: Pick<Application, 'directory'>,
): string | undefined {
  return directory === 'http' && recipientKey?.startsWith(prefix)
    ? recipientKey.slice(prefix.length)
    : undefined
}

/**
 * Whom to mail, as the application's own server says. Throws DirectoryFault where it does not say, so that the job is tried
 * again; the request's `reason` tells why until then.
 */
export async function findRemoteAddressee(
  context: Context,
  request: JobRequest,
  application: Application,
): Promise<Addressee | undefined> {
  const note = (reason: string | null) =>
    context.db
      .update(resetRequests)
      .set({ reason })
      .where(and(eq(resetRequests.id, request.id), eq(resetRequests.status, 'accepted')))
  let found: Awaited<ReturnType<typeof findRemote>>
  try {
    const find = () => findRemote(context, application, request.login)
    found = await (context.asker ? context.asker.hold(application.id, find) : find())
  } catch (error) {
    if (error instanceof DirectoryFault) await note(error.message)
    if (error instanceof BusyError) throw new DirectoryFault('has many calls under way')
    throw error
  }
  if (request.reason !== null) await note(null)
  return found && { ...found, key: `${prefix}${found.id}`, accountId: null }
}
