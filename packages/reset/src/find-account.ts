import type { Executor } from '@sparekey/db/db'
import { accounts } from '@sparekey/db/schema/accounts'
import { and, eq, or, sql } from 'drizzle-orm'
import type { Context } from './context.ts'
import { loginKey } from './login.ts'

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
    // The account whose login it is must not be cut off by others that share the address.
    .orderBy(sql`${accounts.loginKey} = ${key} desc`)
    .limit(2)
  return found.find(account => account.loginKey === key) ?? (found.length === 1 ? found[0] : undefined)
}

/** Whether a login or address is somebody's. Only for an application that wants this told. */
export async function hasAccount(
  { db }: Pick<Context, 'db'>,
  applicationId: string,
  login: string,
): Promise<boolean> {
  return (await findAccount(db, applicationId, loginKey(login))) !== undefined
}
