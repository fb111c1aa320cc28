import type { Context } from './context.ts'
import { findRemoteAddressee, isRemote } from './directory/addressee.ts'
import type { Loaded } from './load.ts'

/** Who gets the mail. Of an account only its id counts: the rest is read again under the recipient's lock. */
export interface Addressee {
  key: string
  accountId: string | null
  email: string
  name: string | null
  locale: string | null
}

/** An account here. */
export const accountAddressee = (id: string): Addressee => ({
  key: id,
  accountId: id,
  email: '',
  name: null,
  locale: null,
})

/**
 * Finds whom to mail, in the directory of the request's application; `accountId`: whose login or email was asked for, in the
 * builtin one. Throws DirectoryFault where an application's server does not say.
 */
export async function findAddressee(
  context: Context,
  { request, application }: Loaded,
  accountId: string | null,
): Promise<Addressee | undefined> {
  const { recipient } = request
  if (recipient) {
    const { id, email, name, locale } = recipient
    return { key: `caller:${id}`, accountId: null, email, name: name ?? null, locale: locale ?? null }
  }
  if (isRemote(request, application)) return await findRemoteAddressee(context, request, application)
  return accountId === null ? undefined : accountAddressee(accountId)
}
