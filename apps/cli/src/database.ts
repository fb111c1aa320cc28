import type { Config } from '@sparekey/config/config'
import { migrate } from '@sparekey/db/migrate'
import { openEmbeddedPostgres } from '@sparekey/embedded/postgres'
import type { Log } from '@sparekey/log/log'
import { type Backend, openBackend, prepareBackend } from '@sparekey/queue/backend'
import type { Closers } from './closers.ts'
import { CommandError, codeOf } from './failure.ts'

/**
 * The address of the configured database, or of the embedded one, which is attached to or started and let go of at
 * the end.
 */
export async function openDatabase(config: Config, closers: Closers, log: Log): Promise<string> {
  if (config.databaseUrl) return config.databaseUrl
  const postgres = await openEmbeddedPostgres({
    dataDir: config.dataDir,
    log: line => log.info({}, line),
  })
  closers.add(postgres.close, 15_000)
  return postgres.url
}

/**
 * Brings the tables and, on Postgres, the queues up to date. Any number of processes may do it at once.
 * @throws CommandError with one line when the database is out of reach or refuses.
 */
export async function prepareDatabase(config: Config, databaseUrl: string): Promise<void> {
  const backend = chooseBackend(config, databaseUrl)
  await explained(databaseUrl, async () => {
    await migrate(databaseUrl)
    await prepareBackend(backend)
  })
}

function chooseBackend({ redisUrl }: Config, databaseUrl: string): Backend {
  try {
    return openBackend({ redisUrl, databaseUrl })
  } catch (error) {
    throw error instanceof TypeError ? new CommandError(`REDIS_URL cannot be used: ${error.message}.`) : error
  }
}

/** Runs work on the database; what the database itself answers to that becomes one clear line. */
export async function explained<T>(databaseUrl: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    const code = codeOf(error)
    const line = code && explain(code, databaseUrl)
    throw line ? new CommandError(line) : error
  }
}

function explain(code: string, databaseUrl: string): string | undefined {
  const url = new URL(databaseUrl)
  const where = `The database at ${url.hostname}:${url.port || 5432}`
  if (
    /^(ECONN|ENOTFOUND|EAI_|ETIMEDOUT|EHOST|ENET|EPIPE|CONNECT_TIMEOUT|CONNECTION_|08|57P0|53300)/.test(code)
  )
    return `${where} is out of reach (${code}): check DATABASE_URL and whether the server runs.`
  if (code.startsWith('28')) return `${where} refuses this user or password (${code}): check DATABASE_URL.`
  if (code === '3D000')
    return `${where} has no database "${url.pathname.slice(1)}": create it, or check DATABASE_URL.`
  if (code === '42501' || code === '25006')
    return `${where} does not let this user change it (${code}): give it the right to create schemas and tables.`
  if (code === '42P01' || code === '42703') return `${where} is not up to date: run sparekey migrate.`
  if (code.startsWith('53')) return `${where} has no room left (${code}).`
  return undefined
}
