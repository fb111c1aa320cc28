import { createHmac } from 'node:crypto'
import type { Db } from '@sparekey/db/db'
import { accounts } from '@sparekey/db/schema/accounts'
import { runOn } from '@sparekey/db/statement'
import { eq } from 'drizzle-orm'
import { type Context, newestSecret } from './context.ts'
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
const anyHash = `select coalesce(${nextHash('login_key > $2')}, ${nextHash('$2 <> login_key')}) as hash`

/**
 * The hash of some account, for each login another one and always the same: nobody can tell whose, so that two logins that are
 * nearly the same tell nothing by what they cost. Null where those found have none.
 */
export async function hashOfAnother(
  context: Pick<Context, 'db' | 'secrets'>,
  applicationId: string,
  key: string,
): Promise<string | null> {
  const digest = createHmac('sha256', newestSecret(context).key).update(`another login ${key}`).digest()
  // Logins begin with any letter, so it must do so, too.
  const from = [...digest.subarray(0, 10)].map(byte => String.fromCharCode(97 + (byte % 26))).join('')
  const [found] = await runOn(context.db.hot)<{ hash: string | null }>(anyHash, [applicationId, from])
  return found?.hash ?? null
}
