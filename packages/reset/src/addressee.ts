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

/** Finds whom to mail, in the directory of the request's application. Throws DirectoryFault where its server does not say. */
export async function findAddressee(
  context: Context,
  { request, application, accountId }: Loaded,
): Promise<Addressee | undefined> {
  const { recipient } = request
  if (recipient) {
    const { id, email, name, locale } = recipient
    return { key: `caller:${id}`, accountId: null, email, name: name ?? null, locale: locale ?? null }
  }
  if (isRemote(request, application)) return await findRemoteAddressee(context, request, application)
  return accountId === undefined
    ? undefined
    : { key: accountId, accountId, email: '', name: null, locale: null }
}
