import { apiKeys, applications } from '@sparekey/db/schema/applications'
import type { KeyKind, Scope } from '@sparekey/db/types'
import { and, desc, eq, isNull, lt, sql } from 'drizzle-orm'
import { type Application, applicationColumns, getApplication } from './applications.ts'
import type { Context } from './context.ts'
import { invalid, notFound } from './errors.ts'
import { digestKey, insertKey, type KeyOptions, type NewKey } from './new-key.ts'
import { decodeCursor, type Page, type PageQuery, toPage } from './page.ts'

/** A key as it is listed: its text is gone, `hint` are its last four characters. */
export interface Key {
  id: string
  kind: KeyKind
  name: string | null
  hint: string
  scopes: Scope[] | null
  createdAt: Date
  expiresAt: Date | null
  lastUsedAt: Date | null
  revokedAt: Date | null
}

/** Who calls, as their key says. */
export interface Credential {
  kind: KeyKind
  keyId: string
  /** What a secret key may do; null: everything of its application. */
  scopes: Scope[] | null
  application: Application
}

/** Makes a key; its text is returned here and never again. Throws ResetError `not_found` for the application. */
export async function createKey(
  { db }: Pick<Context, 'db'>,
  applicationId: string,
  kind: KeyKind,
  { name, scopes, expiresAt }: KeyOptions = {},
): Promise<NewKey> {
  await getApplication({ db }, applicationId)
  if (scopes && kind !== 'secret') throw invalid('scopes', 'are for secret keys only')
  if (expiresAt && expiresAt.getTime() <= Date.now()) throw invalid('expiresAt', 'must lie ahead')
  return await insertKey(db, applicationId, kind, { name, scopes, expiresAt })
}

/** The application's keys, newest first, revoked ones too. Throws ResetError `not_found`, `invalid_request` (cursor). */
export async function listKeys(
  { db }: Pick<Context, 'db'>,
  applicationId: string,
  { cursor, limit }: PageQuery = { limit: 100 },
): Promise<Page<Key>> {
  const after = cursor === undefined ? undefined : lt(apiKeys.id, decodeCursor('key', cursor))
  await getApplication({ db }, applicationId)
  const rows = await db
    .select({
      id: apiKeys.id,
      kind: apiKeys.kind,
      name: apiKeys.name,
      hint: apiKeys.hint,
      scopes: apiKeys.scopes,
      createdAt: apiKeys.createdAt,
      expiresAt: apiKeys.expiresAt,
      lastUsedAt: apiKeys.lastUsedAt,
      revokedAt: apiKeys.revokedAt,
    })
    .from(apiKeys)
    .where(and(eq(apiKeys.applicationId, applicationId), after))
    .orderBy(desc(apiKeys.id))
    .limit(limit + 1)
  return toPage(rows, limit)
}

/**
 * Revokes a key; every process refuses it within a second. Revoking twice keeps the first time.
 * Throws ResetError `not_found`.
 */
export async function revokeKey(
  { db }: Pick<Context, 'db'>,
  applicationId: string,
  keyId: string,
): Promise<void> {
  const mine = and(eq(apiKeys.id, keyId), eq(apiKeys.applicationId, applicationId))
  const [revoked] = await db
    .update(apiKeys)
    .set({ revokedAt: sql`now()` })
    .where(and(mine, isNull(apiKeys.revokedAt)))
    .returning({ id: apiKeys.id })
  if (revoked) return
  const [earlier] = await db.select({ id: apiKeys.id }).from(apiKeys).where(mine)
  if (!earlier) throw notFound('key')
}

/** What a key is found by; undefined where a text cannot be one. */
export const digestOf = (keyText: string): string | undefined =>
  /^[sp]k_[\w-]{43}$/.test(keyText) ? digestKey(keyText) : undefined

/** Written once a minute at most, however often the key is used. */
async function markUsed(db: Context['db'], keyId: string): Promise<void> {
  const stale = sql`(${apiKeys.lastUsedAt} is null or ${apiKeys.lastUsedAt} < now() - interval '1 minute')`
  await db
    .update(apiKeys)
    .set({ lastUsedAt: sql`now()` })
    .where(and(eq(apiKeys.id, keyId), stale))
}

/**
 * Who holds a key. Answers, misses too, are remembered for `ttlMs`, counted from before the database is asked, so
 * that a revoked key or a changed application is known everywhere within that time. An error is not remembered. A key in
 * use is looked up again after half the time, beside the calls: they wait for its first answer only.
 */
export function createCredentials(
  { db }: Pick<Context, 'db'>,
  { ttlMs = 1000, maxEntries = 10_000 }: { ttlMs?: number; maxEntries?: number } = {},
): {
  /** By what `digestOf` made of its text. */
  find(digest: string | undefined): Promise<Credential | undefined>
  /** Forgets what is remembered: in this process, a change just made is known with the next call. */
  forget(): void
} {
  interface Entry {
    until: number
    renewAt: number
    found: Promise<Credential | undefined>
  }
  /** By digests: a key, cut out of a header, would keep all of it. */
  const cache = new Map<string, Entry>()

  async function look(digest: string): Promise<Credential | undefined> {
    const [row] = await db
      .select({
        kind: apiKeys.kind,
        keyId: apiKeys.id,
        scopes: apiKeys.scopes,
        application: applicationColumns(),
      })
      .from(apiKeys)
      .innerJoin(applications, eq(applications.id, apiKeys.applicationId))
      .where(
        and(
          eq(apiKeys.digest, Buffer.from(digest, 'base64')),
          isNull(apiKeys.revokedAt),
          sql`(${apiKeys.expiresAt} is null or ${apiKeys.expiresAt} > now())`,
        ),
      )
    // Not waited for: when a key was used last is a help for people, and nothing a call depends on.
    if (row) void markUsed(db, row.keyId).catch(() => {})
    return row
  }

  function lookUp(digest: string, now: number): Entry {
    return { until: now + ttlMs, renewAt: now + ttlMs / 2, found: look(digest) }
  }

  /** The new answer counts only where nothing was forgotten meanwhile. */
  async function renew(digest: string, known: Entry, now: number): Promise<void> {
    known.renewAt = known.until
    if (!(await known.found)) return
    const entry = lookUp(digest, now)
    await entry.found
    if (cache.get(digest) === known) cache.set(digest, entry)
  }

  async function ask(digest: string, now: number): Promise<Credential | undefined> {
    cache.delete(digest)
    for (const oldest of cache.keys()) {
      if (cache.size < maxEntries) break
      cache.delete(oldest)
    }
    const entry = lookUp(digest, now)
    cache.set(digest, entry)
    try {
      return await entry.found
    } catch (error) {
      if (cache.get(digest) === entry) cache.delete(digest)
      throw error
    }
  }

  const nobody = Promise.resolve(undefined)
  return {
    forget: () => cache.clear(),
    find(digest) {
      if (digest === undefined) return nobody
      const now = performance.now()
      const known = cache.get(digest)
      if (!known || known.until <= now) return ask(digest, now)
      if (known.renewAt <= now) void renew(digest, known, now).catch(() => {})
      return known.found
    },
  }
}
