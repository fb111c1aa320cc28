import type { Executor } from '@sparekey/db/db'
import { makeId } from '@sparekey/db/id'
import { mails } from '@sparekey/db/schema/mails'
import { webhookDeliveries, webhookEndpoints } from '@sparekey/db/schema/webhooks'
import { BusyError } from '@sparekey/webhook/places'
import { and, desc, eq } from 'drizzle-orm'
import type { Context } from '../context.ts'
import { ResetError, unusable } from '../errors.ts'
import type { Held } from '../tokens.ts'
import { remoteIdOf } from './addressee.ts'
import { DirectoryFault, setRemotePassword } from './calls.ts'
import { directoryOf } from './settings.ts'

/** A person as the application's own server told of them when the mail was made. */
export async function findRemotePerson({ db }: Context, { request, application }: Held) {
  const id = remoteIdOf(request, application)
  if (id === undefined) return undefined
  const [mail] = await db
    .select({ email: mails.toAddress, name: mails.toName, locale: mails.locale })
    .from(mails)
    .where(and(eq(mails.requestId, request.id), eq(mails.kind, 'reset')))
    .orderBy(desc(mails.generation))
    .limit(1)
  return mail && { id, login: request.login, ...mail }
}

/**
 * Has the application's own server set the password, inside the transaction in which the token is used up and after that:
 * a refusal rolls everything back and the token works on, and of parallel calls the second waits for the first and sets
 * nothing. A crash between its answer and our commit leaves the password set and the token usable: the same call sets the
 * same password again, and only then come the notice and the end of the sessions. The other order, the token used up
 * before the server is asked, would strand the person at each fault, since the password is kept nowhere to try again.
 * Throws ResetError `unavailable` for a fault, `token_unusable` where the account is gone.
 */
export async function changeRemotely(
  context: Context,
  tx: Executor,
  application: Held['application'],
  { accountId, password }: { accountId: string; password: string },
): Promise<string[]> {
  const done = await setRemotePassword(context, application, { accountId, password }).catch(error => {
    if (!(error instanceof DirectoryFault)) throw error
    context.log.warn({ applicationId: application.id, why: error.why }, 'a directory set no password')
    throw away()
  })
  if (done === 'gone') throw unusable()
  const [endpoint] = await tx
    .select({ id: webhookEndpoints.id })
    .from(webhookEndpoints)
    .where(directoryOf(application.id))
  if (!endpoint) return []
  const event = 'directory.revoke_sessions' as const
  // Only now: until it had set the password, a session could begin with the old one.
  const payload = { type: event, timestamp: new Date().toISOString(), data: { accountId } }
  const row = { id: makeId('msg'), endpointId: endpoint.id, event, payload }
  await tx.insert(webhookDeliveries).values(row)
  return [row.id]
}

/**
 * Runs a transaction that waits for an application's own server, where that keeps nobody else waiting for a connection.
 * Throws ResetError `unavailable` where there is no place for it.
 */
export async function transactSlowly<T>(
  { db, asker }: Context,
  applicationId: string,
  work: (tx: Executor) => Promise<T>,
): Promise<T> {
  const transact = () => db.transaction(work)
  try {
    return await (asker ? asker.hold(applicationId, transact) : transact())
  } catch (error) {
    throw error instanceof BusyError ? away() : error
  }
}

const away = () =>
  new ResetError(
    'unavailable',
    'The password could not be set now, and nothing was used up. Try again shortly.',
  )
