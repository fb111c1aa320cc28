import type { Mailbox } from '@sparekey/mailbox/mailbox'
import { startTracing, type Tracing } from '@sparekey/trace/trace'
import type { RunWorkerOptions } from '@sparekey/worker/main'
import { openDatabase, prepareDatabase } from './database.ts'
import { type Keys, readKeys } from './made-keys.ts'
import type { Run } from './run.ts'

/** To let go of database and queue in, once the grace is over. */
const closeMs = 5_000

/** What every part of Sparekey works with. */
export interface Stores {
  keys: Keys
  databaseUrl: string
  tracing: Tracing | undefined
}

// Each part loads when it is to start: a worker alone has no use for what an API stands on.
const loads = {
  api: () => import('@sparekey/api/main'),
  worker: () => import('@sparekey/worker/main'),
}

/** Begins to load parts, so that this is done while the database is opened. */
export function loadAhead(...parts: (keyof typeof loads)[]): void {
  // What does not load says so where the part is started.
  for (const part of parts) loads[part]().catch(() => {})
}

/** Reads or makes the keys, opens the database and brings it up to date, and starts tracing where it is wanted. */
export async function openStores({ config, closers, log }: Run, service: string): Promise<Stores> {
  const keys = await readKeys(config)
  const databaseUrl = await openDatabase(config, closers, log('database'))
  await prepareDatabase(config, databaseUrl)
  const tracing = config.tracing ? await startTracing(service, config.tracing) : undefined
  if (tracing) closers.add(tracing.close)
  return { keys, databaseUrl, tracing }
}

/** Starts the API and the hosted pages, with the mailbox where there is one. Resolves to where a worker beside it may count. */
export async function addApi(
  { config, closers, log }: Run,
  { keys, databaseUrl, tracing }: Stores,
  mailbox: Mailbox | undefined,
): Promise<Required<Pick<RunWorkerOptions, 'metrics'>>> {
  const { secrets, adminKey } = keys
  const { runApi } = await loads.api()
  const api = await runApi({ config, secrets, adminKey, databaseUrl, log: log('api'), mailbox, tracing })
  closers.add(api.close, config.shutdownGraceMs + closeMs)
  return api
}

/** Starts the workers: `listen` on a port of their own, or with the `metrics` of an API in the same process. */
export async function addWorker(
  { config, closers, log }: Run,
  { keys, databaseUrl, tracing }: Stores,
  own: Pick<RunWorkerOptions, 'smtpUrls' | 'dkimKeys' | 'listen' | 'metrics'>,
): Promise<void> {
  const { secrets } = keys
  const { runWorker } = await loads.worker()
  const worker = await runWorker({ config, secrets, databaseUrl, log: log('worker'), tracing, ...own })
  closers.add(worker.close, config.shutdownGraceMs + closeMs)
}
