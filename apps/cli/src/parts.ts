import { runApi } from '@sparekey/api/main'
import type { Mailbox } from '@sparekey/mailbox/mailbox'
import { startTracing, type Tracing } from '@sparekey/trace/trace'
import { runWorker } from '@sparekey/worker/main'
import { openDatabase, prepareDatabase } from './database.ts'
import { type Keys, readKeys } from './made-keys.ts'
import type { Run } from './run.ts'

/** What every part of Sparekey works with. */
export interface Stores {
  keys: Keys
  databaseUrl: string
  tracing: Tracing | undefined
}

/** Reads or makes the keys, opens the database and brings it up to date, and starts tracing where it is wanted. */
export async function openStores({ config, closers, log }: Run, service: string): Promise<Stores> {
  const keys = await readKeys(config)
  const databaseUrl = await openDatabase(config, closers, log('database'))
  await prepareDatabase(config, databaseUrl)
  const tracing = config.tracing ? await startTracing(service) : undefined
  if (tracing) closers.add(tracing.close)
  return { keys, databaseUrl, tracing }
}

/** Starts the API and the hosted pages, with the mailbox where there is one. */
export async function addApi(
  { config, closers, log }: Run,
  { keys, databaseUrl, tracing }: Stores,
  mailbox: Mailbox | undefined,
): Promise<void> {
  const { secrets, adminKey } = keys
  const api = await runApi({ config, secrets, adminKey, databaseUrl, log: log('api'), mailbox, tracing })
  closers.add(api.close, config.shutdownGraceMs)
}

/** Starts the workers. `listen`: they serve health and metrics on a port of their own. */
export async function addWorker(
  { config, closers, log }: Run,
  { keys, databaseUrl, tracing }: Stores,
  { smtpUrls, listen }: { smtpUrls: string[]; listen: boolean },
): Promise<void> {
  const { secrets } = keys
  const worker = await runWorker({
    config,
    secrets,
    databaseUrl,
    smtpUrls,
    log: log('worker'),
    listen,
    tracing,
  })
  closers.add(worker.close, config.shutdownGraceMs + 5_000)
}
