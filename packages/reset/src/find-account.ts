import type { Db } from '@sparekey/db/db'
import { accounts } from '@sparekey/db/schema/accounts'
import { runOn } from '@sparekey/db/statement'
import { eq } from 'drizzle-orm'
import type { Context } from './context.ts'
import { loginKey } from './login.ts'

export type Account = typeof accounts.$inferSelect

/**
 * SQL for the id of the account of an application whose login a key is, else of the only one whose email it is; else null.
 * `offset 0`: both are looked up each time, so that the time does not tell which one it was.
 */
export const accountIdBy = (applicationId: string, key: string): string => `(
  select coalesce(own, mailed) from (select
    (select id from accounts where application_id = ${applicationId} and login_key = ${key}) as own,
    (select min(id) from (select id from accounts
      where application_id = ${applicationId} and email_key = ${key} limit 2) as a having count(*) = 1) as mailed
    offset 0) as found)`

const byLoginOrEmail = `select ${accountIdBy('$1', '$2')} as id`

async function findAccountId(db: Db, applicationId: string, key: string): Promise<string | undefined> {
  const [found] = await runOn(db.hot)<{ id: string | null }>(byLoginOrEmail, [applicationId, key])
  return found?.id ?? undefined
}

/** The account whose login it is, else the only one whose email it is. */
export async function findAccount(db: Db, applicationId: string, key: string): Promise<Account | undefined> {
  const id = await findAccountId(db, applicationId, key)
  if (id === undefined) return undefined
  const [account] = await db.select().from(accounts).where(eq(accounts.id, id))
  return account
}

/** Whose login or address it is. To be told to nobody who has not proved to be that person. */
export async function accountIdOf(
  { db }: Pick<Context, 'db'>,
  applicationId: string,
  login: string,
): Promise<string | undefined> {
  return await findAccountId(db, applicationId, loginKey(login))
}

const nextHash = (where: string) => `
  (select password_hash from (select password_hash from accounts where application_id = $1 and ${where}
    order by login_key limit 20) as others where password_hash is not null limit 1)`
const besideLogin = `select coalesce(${nextHash('login_key > $2')}, ${nextHash('$2 <> login_key')}) as hash`

/** The hash of an account whose login is beside this one, the same each time; null where those beside it have none. */
export async function hashBeside(db: Db, applicationId: string, key: string): Promise<string | null> {
  const [found] = await runOn(db.hot)<{ hash: string | null }>(besideLogin, [applicationId, key])
  return found?.hash ?? null
}
