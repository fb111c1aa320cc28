import type { Executor } from '@sparekey/db/db'
import { accounts } from '@sparekey/db/schema'
import { and, eq, or } from 'drizzle-orm'

export type Account = typeof accounts.$inferSelect

/** The account whose login it is, else the only account whose email it is. */
export async function findAccount(
  db: Executor,
  applicationId: string,
  key: string,
): Promise<Account | undefined> {
  const found = await db
    .select()
    .from(accounts)
    .where(
      and(
        eq(accounts.applicationId, applicationId),
        or(eq(accounts.loginKey, key), eq(accounts.emailKey, key)),
      ),
    )
    .limit(3)
  return found.find(account => account.loginKey === key) ?? (found.length === 1 ? found[0] : undefined)
}
