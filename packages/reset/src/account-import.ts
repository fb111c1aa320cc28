import { makeId } from '@sparekey/db/id'
import { accounts } from '@sparekey/db/schema/accounts'
import { sql } from 'drizzle-orm'
import { type AccountInput, accountFields, checkDirectory, hashOf } from './account-input.ts'
import type { Application } from './applications.ts'
import type { Context } from './context.ts'
import { ResetError } from './errors.ts'

const maxLines = 100_000
const maxLineLength = 16_384
const maxErrors = 100
const batchSize = 500
const keys = ['login', 'email', 'name', 'locale', 'password', 'passwordHash'] as const

export interface ImportResult {
  imported: number
  /** Logins that were there already. */
  skipped: number
  /** Lines that were refused. */
  failed: number
  /** The first 100 refusals; `line` counts from 1. Nothing about a password is in a message. */
  errors: { line: number; message: string }[]
}

/**
 * Makes accounts from NDJSON: an object with login, email, name?, locale?, password? or passwordHash? on each line; empty
 * lines are passed over. A line that is refused or whose login is there already keeps the others from nothing, and the
 * whole may be sent again. Reads 100,000 lines at most. Accounts are made some at a time: `onMade` is told when there are
 * some, which stay although the lines break off later. Throws ResetError `invalid_request` for a directory that is not
 * builtin, and what `lines` throws.
 */
export async function importAccounts(
  { db }: Pick<Context, 'db'>,
  application: Application,
  lines: AsyncIterable<string>,
  onMade: () => void = () => {},
): Promise<ImportResult> {
  checkDirectory(application)
  const result: ImportResult = { imported: 0, skipped: 0, failed: 0, errors: [] }
  let batch: Awaited<ReturnType<typeof toRow>>[] = []

  async function flush() {
    if (batch.length === 0) return
    const made = await db
      .insert(accounts)
      .values(batch)
      .onConflictDoNothing({ target: [accounts.applicationId, accounts.loginKey] })
      .returning({ id: accounts.id })
    if (made.length > 0) onMade()
    result.imported += made.length
    result.skipped += batch.length - made.length
    batch = []
  }

  let line = 0
  for await (const text of lines) {
    line++
    if (line > maxLines) {
      result.errors.push({ line, message: 'at most 100,000 lines are read; this and the rest were not' })
      break
    }
    if (!text.trim()) continue
    try {
      batch.push(await toRow(application, text))
    } catch (error) {
      if (!(error instanceof ResetError)) throw error
      result.failed++
      if (result.errors.length < maxErrors) result.errors.push({ line, message: messageOf(error) })
    }
    if (batch.length >= batchSize) await flush()
  }
  await flush()
  return result
}

async function toRow(application: Application, text: string) {
  const input = parseLine(text)
  const { login, loginKey, email, emailKey, ...rest } = accountFields(input)
  if (login === undefined || loginKey === undefined) throw refused('login is required')
  if (email === undefined || emailKey === undefined) throw refused('email is required')
  // One after the other, so that people who sign in meanwhile do not wait behind a thousand hashes.
  // A hundred thousand questions to a third party would take hours: the breach check is for a person's own choice.
  const passwordHash = await hashOf({}, application, { ...input, login, email }, input)
  return {
    ...rest,
    login,
    loginKey,
    email,
    emailKey,
    id: makeId('acc'),
    applicationId: application.id,
    // The same columns on every row, since one statement inserts them all.
    name: rest.name ?? null,
    locale: rest.locale ?? null,
    passwordHash: passwordHash ?? null,
    passwordSetAt: passwordHash === undefined ? null : sql`now()`,
  }
}

function parseLine(text: string): Partial<AccountInput> {
  if (text.length > maxLineLength) throw refused('the line is longer than 16,384 characters')
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw refused('is not JSON')
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw refused('must be an object')
  }
  for (const [key, field] of Object.entries(value)) {
    if (!keys.some(known => known === key)) throw refused(`has a key other than ${keys.join(', ')}`)
    const mayBeNull = key === 'name' || key === 'locale'
    if (typeof field !== 'string' && !(mayBeNull && field === null)) throw refused(`${key} must be text`)
  }
  return value
}

function refused(message: string): ResetError {
  return new ResetError('invalid_request', message)
}

function messageOf(error: ResetError): string {
  return error.code === 'password_refused' ? 'password is refused by the policy' : error.message
}
