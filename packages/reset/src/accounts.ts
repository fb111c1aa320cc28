import type { Executor } from '@sparekey/db/db'
import { makeId } from '@sparekey/db/id'
import { accounts } from '@sparekey/db/schema/accounts'
import { isTaken } from '@sparekey/db/unique'
import { and, desc, eq, lt, sql } from 'drizzle-orm'
import {
  type AccountInput,
  type AccountPatch,
  accountFields,
  checkDirectory,
  hashOf,
} from './account-input.ts'
import type { Application } from './applications.ts'
import type { Context } from './context.ts'
import { invalid, notFound } from './errors.ts'
import { type Account, findAccount, hashOfAnother } from './find-account.ts'
import { loginKey } from './login.ts'
import { decodeCursor, type Page, type PageQuery, toPage } from './page.ts'
import { hashPassword, verifyPassword } from './passwords/hash.ts'
import { lockRecipient, voidTokens } from './void-tokens.ts'

/**
 * Makes an account in the application's own directory. Throws ResetError `invalid_request` (a login that is taken, a hash
 * that we cannot verify, a directory that is not builtin), `password_refused` with the reasons.
 */
export async function createAccount(
  { db, isBreached }: Pick<Context, 'db' | 'isBreached'>,
  application: Application,
  input: AccountInput,
): Promise<Account> {
  checkDirectory(application)
  const fields = accountFields(input)
  const { login, email, loginKey: key, emailKey } = fields
  if (login === undefined || key === undefined) throw invalid('login', 'is required')
  if (email === undefined || emailKey === undefined) throw invalid('email', 'is required')
  const passwordHash = await hashOf({ isBreached }, application, { ...input, email }, input)
  const [made] = await db
    .insert(accounts)
    .values({
      ...fields,
      login,
      loginKey: key,
      email,
      emailKey,
      id: makeId('acc'),
      applicationId: application.id,
      ...(passwordHash === undefined ? {} : { passwordHash, passwordSetAt: sql`now()` }),
    })
    .onConflictDoNothing({ target: [accounts.applicationId, accounts.loginKey] })
    .returning()
  if (!made) throw invalid('login', 'is taken')
  return made
}

/** The account. Throws ResetError `not_found`, also for another application's. */
export async function getAccount(
  { db }: { db: Executor },
  application: Pick<Application, 'id'>,
  id: string,
): Promise<Account> {
  const [found] = await db.select().from(accounts).where(mine(application, id))
  if (!found) throw notFound('account')
  return found
}

/** The application's accounts, newest first; only the one with this login where one is given. */
export async function listAccounts(
  { db }: Pick<Context, 'db'>,
  application: Pick<Application, 'id'>,
  { login, cursor, limit }: PageQuery & { login?: string | undefined },
): Promise<Page<Account>> {
  const rows = await db
    .select()
    .from(accounts)
    .where(
      and(
        eq(accounts.applicationId, application.id),
        login === undefined ? undefined : eq(accounts.loginKey, loginKey(login)),
        cursor === undefined ? undefined : lt(accounts.id, decodeCursor('acc', cursor)),
      ),
    )
    .orderBy(desc(accounts.id))
    .limit(limit + 1)
  return toPage(rows, limit)
}

/**
 * Changes what the patch names. A new password ends the account's sessions and its live tokens; a new address ends the
 * tokens, since they were mailed to the old one. Throws ResetError `not_found`, and as createAccount does.
 */
export async function updateAccount(
  { db, isBreached }: Pick<Context, 'db' | 'isBreached'>,
  application: Application,
  id: string,
  patch: AccountPatch,
): Promise<Account> {
  checkDirectory(application)
  const fields = accountFields(patch)
  const before = await getAccount({ db }, application, id)
  const passwordHash = await hashOf({ isBreached }, application, { ...before, ...fields }, patch)
  const moment = sql`now()`
  const secured =
    passwordHash === undefined ? {} : { passwordHash, passwordSetAt: moment, sessionsValidAfter: moment }
  return await db.transaction(async tx => {
    // So that no token is minted meanwhile for what is changed here.
    await lockRecipient(tx, application.id, id)
    // As it is now: another change may have come in between.
    const now = await getAccount({ db: tx }, application, id)
    // Tokens before the account, the order in which a completion locks them.
    if (passwordHash !== undefined || (fields.emailKey ?? now.emailKey) !== now.emailKey) {
      await voidTokens(tx, [{ applicationId: application.id, recipientKey: id }])
    }
    try {
      const [after] = await tx
        .update(accounts)
        .set({ ...fields, ...secured, updatedAt: moment })
        .where(mine(application, id))
        .returning()
      if (!after) throw notFound('account')
      return after
    } catch (error) {
      throw isTaken(error, 'accounts_login') ? invalid('login', 'is taken') : error
    }
  })
}

/** Deletes an account and ends its live tokens, in one transaction. Throws ResetError `not_found`. */
export async function deleteAccount(
  { db }: Pick<Context, 'db'>,
  application: Pick<Application, 'id'>,
  id: string,
): Promise<void> {
  await db.transaction(async tx => {
    await lockRecipient(tx, application.id, id)
    await voidTokens(tx, [{ applicationId: application.id, recipientKey: id }])
    const gone = await tx.delete(accounts).where(mine(application, id)).returning({ id: accounts.id })
    if (gone.length === 0) throw notFound('account')
  })
}

/**
 * Whether it is the password of the account with this login. A login that nobody has costs a hash too, of the same making as
 * the application's others: imported ones take many times as long as ours, or less. A valid hash of another making is
 * replaced by ours, unless the password was set meanwhile.
 */
export async function verifyAccount(
  context: Pick<Context, 'db' | 'log' | 'secrets'>,
  application: Application,
  { login, password }: { login: string; password: string },
): Promise<{ valid: boolean }> {
  const { db, log } = context
  checkDirectory(application)
  const key = loginKey(login)
  const [account, another] = await Promise.all([
    findAccount(db, application.id, key),
    hashOfAnother(context, application.id, key),
  ])
  const stored = account?.passwordHash ?? null
  const { valid: fits, rehash } = await verifyPassword(stored ?? another, password)
  const valid = stored !== null && fits
  if (account && stored !== null && rehash) {
    try {
      const passwordHash = await hashPassword(password)
      await db
        .update(accounts)
        .set({ passwordHash })
        .where(and(eq(accounts.id, account.id), eq(accounts.passwordHash, stored)))
    } catch (error) {
      log.warn(
        { error, accountId: account.id },
        'a hash could not be made anew; the next sign-in tries again',
      )
    }
  }
  return { valid }
}

function mine(application: Pick<Application, 'id'>, id: string) {
  return and(eq(accounts.applicationId, application.id), eq(accounts.id, id))
}
