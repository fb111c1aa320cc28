/**
 * What we ask an application's own server, by POST to its `directoryUrl`, signed by Standard Webhooks 1.0. The body says
 * what is wanted, so that a signature is good for nothing else:
 *
 *   directory.find_account     {login}                 → 200 {id, email, name?, locale?}, or 404
 *   directory.set_password     {accountId, password}   → any 2xx; 404 where the account is gone
 *   directory.revoke_sessions  {accountId}             → any 2xx, or 404; told until it is taken
 *
 * Every other answer is a fault: nothing is concluded from it.
 */
import { makeId } from '@sparekey/db/id'
import { webhookEndpoints } from '@sparekey/db/schema/webhooks'
import { checkAddress } from '@sparekey/mail/address'
import { signedHeaders } from '@sparekey/webhook/sign'
import type { Application } from '../applications.ts'
import type { Context } from '../context.ts'
import { unseal } from '../webhooks/secrets.ts'
import { directoryOf } from './settings.ts'

const findDeadlineMs = 5_000
const setDeadlineMs = 8_000

/** The application's server did not do what it was asked. `why` is a word of ours, never its text. */
export class DirectoryFault extends Error {
  override name = 'DirectoryFault'
  readonly why: string

  constructor(why: string) {
    super(`the directory: ${why}`)
    this.why = why
  }
}

/** An account as the application's server tells it. */
export interface RemoteAccount {
  id: string
  email: string
  name: string | null
  locale: string | null
}

type Owner = Pick<Application, 'id'>

/** The account with this login, or undefined where there is none. Throws DirectoryFault. */
export async function findRemote(
  context: Context,
  application: Owner,
  login: string,
): Promise<RemoteAccount | undefined> {
  const { status, text } = await ask(context, application, findDeadlineMs, 'find_account', { login })
  if (status === 404) return undefined
  if (status !== 200) throw new DirectoryFault(`answered ${status}`)
  return readAccount(text)
}

/** Sets the password: `gone` where there is no such account any more. Throws DirectoryFault. */
export async function setRemotePassword(
  context: Context,
  application: Owner,
  data: { accountId: string; password: string },
): Promise<'set' | 'gone'> {
  const { status } = await ask(context, application, setDeadlineMs, 'set_password', data)
  if (status === 404) return 'gone'
  if (status < 200 || status > 299) throw new DirectoryFault(`answered ${status}`)
  return 'set'
}

async function ask(
  context: Context,
  { id }: Owner,
  deadlineMs: number,
  what: 'find_account' | 'set_password',
  data: Record<string, string>,
): Promise<{ status: number; text: string }> {
  const [endpoint] = await context.db
    .select({ url: webhookEndpoints.url, secrets: webhookEndpoints.secrets })
    .from(webhookEndpoints)
    .where(directoryOf(id))
  if (!endpoint || !context.asker) throw new DirectoryFault('can not be asked')
  const at = new Date()
  const secrets = unseal(context, endpoint.secrets, at)
  if (secrets.length === 0) throw new DirectoryFault('the key that sealed its secret is gone')
  const body = JSON.stringify({ type: `directory.${what}`, timestamp: at.toISOString(), data })
  // A new id for each call: one that was seen before would say that there is nothing new to do.
  const headers = signedHeaders(secrets, { id: makeId('msg'), at, body })
  const answered = await context.asker.ask({ url: endpoint.url, headers, body, deadlineMs })
  if ('error' in answered) throw new DirectoryFault(answered.error)
  return answered
}

function readAccount(text: string): RemoteAccount {
  let told: unknown
  try {
    told = JSON.parse(text)
  } catch {
    throw new DirectoryFault('answered no JSON')
  }
  const { id, email, name, locale } = (told ?? {}) as Record<string, unknown>
  const address = typeof email === 'string' ? checkAddress(email) : null
  if (!isLine(id, 200)) throw new DirectoryFault('answered an account without a fitting id')
  if (address === null) throw new DirectoryFault('answered an account without a fitting email')
  if (name != null && !isLine(name, 200)) throw new DirectoryFault('answered a name that does not fit')
  if (locale != null && !(typeof locale === 'string' && /^[a-z]{2,8}(-[a-z0-9]{1,8})*$/i.test(locale)))
    throw new DirectoryFault('answered a locale that does not fit')
  return { id, email: address, name: name ?? null, locale: locale ?? null }
}

function isLine(value: unknown, most: number): value is string {
  return (
    typeof value === 'string' && value.trim() !== '' && value.length <= most && !/\p{Cc}|\p{Cs}/u.test(value)
  )
}
