/** The suppression list: addresses of an application to which no reset mail goes. */
import type { Executor } from '@sparekey/db/db'
import { makeId } from '@sparekey/db/id'
import { suppressions } from '@sparekey/db/schema/suppressions'
import { checkAddress } from '@sparekey/mail/address'
import { and, desc, eq, inArray, lt, sql } from 'drizzle-orm'
import { getApplication } from './applications.ts'
import type { Context } from './context.ts'
import { invalid, notFound } from './errors.ts'
import { loginKey } from './login.ts'
import { decodeCursor, type Page, type PageQuery, toPage } from './page.ts'

/** So long an entry made by itself holds, since a mailbox may be mended: an operator's stays. */
export const unknownRecipientDays = 30

export type Suppression = typeof suppressions.$inferSelect

const holds = sql`(${suppressions.expiresAt} is null or ${suppressions.expiresAt} > now())`

/**
 * Lists an address by an operator's word: it stays until it is taken off. One that is listed already keeps its entry, which
 * becomes the operator's. Throws ResetError `invalid_request`, `not_found` for the application.
 */
export async function suppress(
  { db }: Pick<Context, 'db'>,
  applicationId: string,
  address: string,
): Promise<Suppression> {
  const addressKey = keyOf(address)
  await getApplication({ db }, applicationId)
  const [entry] = await db
    .insert(suppressions)
    .values({ id: makeId('sup'), applicationId, addressKey, reason: 'operator' })
    .onConflictDoUpdate({
      target: [suppressions.applicationId, suppressions.addressKey],
      set: { reason: 'operator', expiresAt: null },
    })
    .returning()
  if (!entry) throw new TypeError('an insert returned no row')
  return entry
}

/**
 * What is listed, newest first, of one application or of all; only this address where one is given.
 * Throws ResetError `invalid_request` (address, cursor).
 */
export async function listSuppressions(
  { db }: Pick<Context, 'db'>,
  applicationId: string | undefined,
  { address, cursor, limit }: PageQuery & { address?: string | undefined },
): Promise<Page<Suppression>> {
  const rows = await db
    .select()
    .from(suppressions)
    .where(
      and(
        holds,
        applicationId === undefined
          ? // With all applications named, the index on application and address serves operators as well.
            address === undefined
            ? undefined
            : sql`${suppressions.applicationId} = any(array(select id from applications))`
          : eq(suppressions.applicationId, applicationId),
        address === undefined ? undefined : eq(suppressions.addressKey, keyOf(address)),
        cursor === undefined ? undefined : lt(suppressions.id, decodeCursor('sup', cursor)),
      ),
    )
    .orderBy(desc(suppressions.id))
    .limit(limit + 1)
  return toPage(rows, limit)
}

/** Takes an address off the list: the next request is mailed again. Throws ResetError `not_found`. */
export async function unsuppress(
  { db }: Pick<Context, 'db'>,
  applicationId: string,
  id: string,
): Promise<void> {
  const gone = await db
    .delete(suppressions)
    .where(and(eq(suppressions.id, id), eq(suppressions.applicationId, applicationId)))
    .returning({ id: suppressions.id })
  if (gone.length === 0) throw notFound('suppression')
}

/** Deletes entries whose time is over. */
export async function purgeSuppressions({ db }: { db: Pick<Executor, 'select' | 'delete'> }): Promise<void> {
  const over = db
    .select({ id: suppressions.id })
    .from(suppressions)
    .where(lt(suppressions.expiresAt, sql`now()`))
    .for('update', { skipLocked: true })
  await db.delete(suppressions).where(inArray(suppressions.id, over))
}

/** Accounts keep their addresses in this form too: checked, then as logins are compared. */
function keyOf(text: string): string {
  const address = checkAddress(text.normalize('NFC').trim())
  if (address === null) throw invalid('address', 'must be an email address')
  return loginKey(address)
}
