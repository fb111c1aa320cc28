import type { Db } from '@sparekey/db/db'
import { accounts } from '@sparekey/db/schema/accounts'
import { type Run, runOn } from '@sparekey/db/statement'
import { eq } from 'drizzle-orm'
import type { Context } from './context.ts'
import { loginKey } from './login.ts'

export type Account = typeof accounts.$inferSelect

const byLoginOrEmail = `
  select (select id from accounts where application_id = asked.application_id and login_key = asked.key) as own,
    array(select id from accounts where application_id = asked.application_id and email_key = asked.key limit 2) as mailed
  from unnest($1::text[], $2::text[]) with ordinality as asked (application_id, key, place) order by place`

/** For each login of an application: the id of the account whose login it is, else of the only one whose email it is. */
export async function findAccountIds(
  run: Run,
  asked: { applicationId: string; key: string }[],
): Promise<(string | undefined)[]> {
  const found = await run<{ own: string | null; mailed: string[] }>(byLoginOrEmail, [
    asked.map(({ applicationId }) => applicationId),
    asked.map(({ key }) => key),
  ])
  return found.map(({ own, mailed }) => own ?? (mailed.length === 1 ? mailed[0] : undefined))
}

async function findAccountId(db: Db, applicationId: string, key: string): Promise<string | undefined> {
  return (await findAccountIds(runOn(db.hot), [{ applicationId, key }]))[0]
}

/** The account whose login it is, else the only one whose email it is. */
export async function findAccount(db: Db, applicationId: string, key: string): Promise<Account | undefined> {
  const id = await findAccountId(db, applicationId, key)
  if (id === undefined) return undefined
  const [account] = await db.select().from(accounts).where(eq(accounts.id, id))
  return account
}

/** Whether a login or address is somebody's. Only for an application that wants this told. */
export async function hasAccount(
  { db }: Pick<Context, 'db'>,
  applicationId: string,
  login: string,
): Promise<boolean> {
  return (await findAccountId(db, applicationId, loginKey(login))) !== undefined
}
