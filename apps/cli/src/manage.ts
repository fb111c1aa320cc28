import { openDb } from '@sparekey/db/db'
import { createAccount, listAccounts } from '@sparekey/reset/accounts'
import {
  type Application,
  addAlias,
  createApplication,
  findApplication,
  listApplications,
} from '@sparekey/reset/applications'
import { type AuditEntry, audit } from '@sparekey/reset/audit'
import type { Context } from '@sparekey/reset/context'
import { createKey, listKeys, revokeKey } from '@sparekey/reset/keys'
import { explained, openDatabase, prepareDatabase } from './database.ts'
import { CommandError } from './failure.ts'
import { readKeys } from './made-keys.ts'
import type { Run } from './run.ts'

/** Runs one management command on the configured database. */
async function withContext(run: Run, work: (context: Context) => Promise<void>): Promise<void> {
  const { config, closers } = run
  const { secrets } = await readKeys(config)
  const log = run.log('cli')
  const databaseUrl = await openDatabase(config, closers, log)
  // An embedded database is ours to bring up to date; another one only by a command that says so.
  if (!config.databaseUrl) await prepareDatabase(config, databaseUrl)
  const database = openDb(databaseUrl, { connections: 1 })
  closers.add(database.close)
  const queues = { add: async () => {} }
  await explained(databaseUrl, () => work({ db: database.db, queues, secrets, log }))
}

/** Writes into the audit log what a command changed. Called last: a key that was shown is there, whatever becomes of its entry. */
const note = (context: Context, change: Omit<AuditEntry, 'actor'>) =>
  audit(context, { actor: 'cli', ...change })

/** `sparekey migrate`: the database brought up to date. */
export async function runMigrations(run: Run): Promise<void> {
  const databaseUrl = await openDatabase(run.config, run.closers, run.log('database'))
  await prepareDatabase(run.config, databaseUrl)
  run.print('The database is up to date.')
}

async function applicationOf(context: Context, named: string): Promise<Application> {
  const found =
    (await findApplication(context, { slug: named })) ?? (await findApplication(context, { id: named }))
  if (!found) throw new CommandError(`There is no application ${named}: see them with sparekey app list.`)
  return found
}

/** `app create`: prints the new application and its keys, which are shown this once. */
export const addApplication = (run: Run, name: string, { slug }: { slug?: string }) =>
  withContext(run, async context => {
    const { application, keys } = await createApplication(context, { name, slug })
    run.print(
      table([
        ['Application', application.id],
        ['Slug', application.slug],
        ['Secret key', keys.secret],
        ['Public key', keys.publishable],
      ]),
    )
    run.print('Keep the keys: they are not shown again.')
    const { id } = application
    const fields = slug === undefined ? ['name'] : ['name', 'slug']
    await note(context, { action: 'application.create', applicationId: id, target: id, fields })
  })

/** `app list`: newest first. */
export const printApplications = (run: Run) =>
  withContext(run, async context => {
    const items = await all(cursor => listApplications(context, { cursor, limit: 100 }))
    run.print(table(items.map(({ id, slug, name, aliases }) => [id, slug, name, aliases.join(', ')])))
  })

/** `app alias`: adds a name that dialects find the application by. */
export const nameApplication = (run: Run, named: string, alias: string) =>
  withContext(run, async context => {
    const { id } = await applicationOf(context, named)
    const changed = await addAlias(context, id, alias)
    run.print(table([['Aliases', changed.aliases.join(', ')]]))
    await note(context, { action: 'application.update', applicationId: id, target: id, fields: ['aliases'] })
  })

/** `key create`: prints the key's text, which is shown this once. */
export const addKey = (run: Run, named: string, { kind, name }: { kind: string; name?: string }) =>
  withContext(run, async context => {
    if (kind !== 'secret' && kind !== 'publishable')
      throw new CommandError('--kind must be secret or publishable.')
    const { id } = await applicationOf(context, named)
    const made = await createKey(context, id, kind, { name })
    run.print(
      table([
        ['Id', made.id],
        ['Key', made.key],
      ]),
    )
    run.print('Keep the key: it is not shown again.')
    const fields = name === undefined ? ['kind'] : ['kind', 'name']
    await note(context, { action: 'key.create', applicationId: id, target: made.id, fields })
  })

/** `key list`: newest first, revoked ones too. */
export const printKeys = (run: Run, named: string) =>
  withContext(run, async context => {
    const { id } = await applicationOf(context, named)
    const items = await all(cursor => listKeys(context, id, { cursor, limit: 100 }))
    const row = ({ id, kind, hint, name, createdAt, revokedAt }: (typeof items)[number]) => [
      id,
      kind,
      `…${hint}`,
      `made ${createdAt.toISOString()}`,
      revokedAt ? `revoked ${revokedAt.toISOString()}` : '',
      name ?? '',
    ]
    run.print(table(items.map(row)))
  })

/** `key revoke`. */
export const endKey = (run: Run, named: string, keyId: string) =>
  withContext(run, async context => {
    const { id } = await applicationOf(context, named)
    await revokeKey(context, id, keyId)
    run.print(`${keyId} is revoked.`)
    await note(context, { action: 'key.revoke', applicationId: id, target: keyId, fields: [] })
  })

/** What an account may be given beside its login. */
export interface AccountOptions {
  email?: string
  name?: string
  locale?: string
}

/** `account create`: without a password; the person sets one by a reset. */
export const addAccount = (run: Run, named: string, login: string, options: AccountOptions) =>
  withContext(run, async context => {
    const application = await applicationOf(context, named)
    const account = await createAccount(context, application, {
      login,
      ...options,
      email: options.email ?? login,
    })
    run.print(
      table([
        ['Account', account.id],
        ['Login', account.login],
        ['Email', account.email],
      ]),
    )
    const fields = ['login', ...Object.keys(options)]
    await note(context, {
      action: 'account.create',
      applicationId: application.id,
      target: account.id,
      fields,
    })
  })

/** `account list`: newest first. */
export const printAccounts = (run: Run, named: string) =>
  withContext(run, async context => {
    const application = await applicationOf(context, named)
    const items = await all(cursor => listAccounts(context, application, { cursor, limit: 100 }))
    run.print(table(items.map(({ id, login, email, name }) => [id, login, email, name ?? ''])))
  })

async function all<T>(
  read: (cursor: string | undefined) => Promise<{ items: T[]; nextCursor: string | null }>,
): Promise<T[]> {
  const found: T[] = []
  let cursor: string | undefined
  do {
    const page = await read(cursor)
    found.push(...page.items)
    cursor = page.nextCursor ?? undefined
  } while (cursor)
  return found
}

/** Columns set apart by two spaces. */
function table(rows: string[][]): string {
  if (rows.length === 0) return 'None yet.'
  const widths = (rows[0] ?? []).map((_, at) => Math.max(...rows.map(row => row[at]?.length ?? 0)))
  return rows
    .map(row =>
      row
        .map((cell, at) => cell.padEnd(widths[at] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}
