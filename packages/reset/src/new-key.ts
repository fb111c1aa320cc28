import { hash, randomBytes } from 'node:crypto'
import type { Executor } from '@sparekey/db/db'
import { makeId } from '@sparekey/db/id'
import { apiKeys } from '@sparekey/db/schema/applications'
import type { KeyKind, Scope } from '@sparekey/db/types'

/** A key as its maker sees it; `key` is its text, to be shown once and kept nowhere. */
export interface NewKey {
  id: string
  kind: KeyKind
  name: string | null
  key: string
  hint: string
  scopes: Scope[] | null
  expiresAt: Date | null
  createdAt: Date
}

/** What a key may be given: a name for people, scopes to narrow it, an end. */
export interface KeyOptions {
  name?: string | null | undefined
  scopes?: Scope[] | null | undefined
  expiresAt?: Date | null | undefined
}

/** What of a key is stored, in base64: it has 256 random bits, so a plain SHA-256 of it cannot be searched. */
export function digestKey(text: string): string {
  // As text: given as a Buffer it takes three times as long.
  return hash('sha256', text, 'base64')
}

/** Makes and stores a key of an application that exists. */
export async function insertKey(
  db: Executor,
  applicationId: string,
  kind: KeyKind,
  { name = null, scopes = null, expiresAt = null }: KeyOptions = {},
): Promise<NewKey> {
  const key = `${kind === 'secret' ? 'sk' : 'pk'}_${randomBytes(32).toString('base64url')}`
  const row = { id: makeId('key'), kind, name, scopes, expiresAt, hint: key.slice(-4) }
  const [stored] = await db
    .insert(apiKeys)
    .values({ ...row, applicationId, digest: Buffer.from(digestKey(key), 'base64') })
    .returning({ createdAt: apiKeys.createdAt })
  if (!stored) throw new TypeError('an insert returned no row')
  return { ...row, key, createdAt: stored.createdAt }
}
