import { accounts } from '@sparekey/db/schema/accounts'
import { applications } from '@sparekey/db/schema/applications'
import { resetRequests } from '@sparekey/db/schema/reset-requests'
import { eq, inArray } from 'drizzle-orm'
import { batch, inBatches } from './batches.ts'
import type { Context } from './context.ts'
import { notFound } from './errors.ts'

/**
 * Deletes an application with everything that belongs to it; its requests and accounts, which may be millions, piece by
 * piece before the rest, so that the next call goes on where one broke off. Throws ResetError `not_found`.
 */
export async function deleteApplication({ db }: Pick<Context, 'db'>, id: string): Promise<void> {
  for (const table of [resetRequests, accounts]) {
    await inBatches(async () => {
      const some = db.select({ id: table.id }).from(table).where(eq(table.applicationId, id)).limit(batch)
      return (await db.delete(table).where(inArray(table.id, some)).returning({ id: table.id })).length
    })
  }
  const gone = await db.delete(applications).where(eq(applications.id, id)).returning({ id: applications.id })
  if (gone.length === 0) throw notFound('application')
}
