import { runApi } from '@sparekey/api/main'
import type { Mailbox } from '@sparekey/mailbox/mailbox'
import { runWorker } from '@sparekey/worker/main'
import { openDatabase, prepareDatabase } from './database.ts'
import { type Keys, readKeys } from './made-keys.ts'
import type { Run } from './run.ts'

/** What every part of Sparekey works with. */
export interface Stores {
  keys: Keys
  databaseUrl: string
}

/** Reads or makes the keys, and opens the database and brings it up to date. */
export async function openStores({ config, closers, log }: Run): Promise<Stores> {
  const keys = await readKeys(config)
  const databaseUrl = await openDatabase(config, closers, log('database'))
  await prepareDatabase(config, databaseUrl)
  return { keys, databaseUrl }
}

/** Starts the API and the hosted pages, with the mailbox where there is one. */
export async function addApi(
  { config, closers, log }: Run,
  { keys, databaseUrl }: Stores,
  mailbox: Mailbox | undefined,
): Promise<void> {
  const { secrets, adminKey } = keys
  const api = await runApi({ config, secrets, adminKey, databaseUrl, log: log('api'), mailbox })
  closers.add(api.close, config.shutdownGraceMs)
}

/** Starts the workers. `listen`: they serve health and metrics on a port of their own. */
export async function addWorker(
  { config, closers, log }: Run,
  { keys, databaseUrl }: Stores,
  { smtpUrls, listen }: { smtpUrls: string[]; listen: boolean },
): Promise<void> {
  const { secrets } = keys
  const worker = await runWorker({ config, secrets, databaseUrl, smtpUrls, log: log('worker'), listen })
  closers.add(worker.close, config.shutdownGraceMs + 5_000)
}
