import { accounts } from '@sparekey/db/schema/accounts'
import { and, eq } from 'drizzle-orm'
import type { Context } from './context.ts'

/**
 * The login and address of an account whose session began at its last change of password, while no later change has
 * ended it. Undefined: the session is over, or the account gone. Compared with the account's own stamp, so no clock
 * but the database's counts.
 */
export async function findSession(
  { db }: Pick<Context, 'db'>,
  { applicationId, accountId, since }: { applicationId: string; accountId: string; since: Date },
): Promise<{ login: string; email: string } | undefined> {
  const [found] = await db
    .select({ login: accounts.login, email: accounts.email, stamp: accounts.sessionsValidAfter })
    .from(accounts)
    .where(and(eq(accounts.applicationId, applicationId), eq(accounts.id, accountId)))
  if (found?.stamp?.getTime() !== since.getTime()) return undefined
  return { login: found.login, email: found.email }
}
