import { openDb } from '@sparekey/db/db'
import { banner } from './banner.ts'
import { explained } from './database.ts'
import { type Demo, openDemo } from './demo.ts'
import { readDkimKeys } from './dkim-keys.ts'
import { keepHeapSmall } from './heap.ts'
import { addApi, addWorker, loadAhead, openStores, type Stores } from './parts.ts'
import { assertPortFree } from './port.ts'
import { localUrl, mailboxPortOf, openMailbox, type Run } from './run.ts'

/**
 * `sparekey start`: everything in one process, with an embedded Postgres and a mailbox where nothing else is
 * configured, and a demo application on the first run. Returns once all of it runs and the banner is printed.
 */
export async function start(run: Run): Promise<void> {
  const { config, stop } = run
  await assertPortFree(config.host, config.port, 'PORT')
  const dkimKeys = await readDkimKeys(config.dkim)
  loadAhead('api', 'worker')
  const stores = await openStores(run, 'sparekey')
  stop.throwIfAborted()

  const mailbox = config.smtpUrls.length === 0 ? await openMailbox(run, { anyPort: true }) : undefined
  const demo = await openStoredDemo(run, stores)
  const { metrics } = await addApi(run, stores, mailbox)
  const smtpUrls = mailbox ? [mailbox.smtpUrl] : config.smtpUrls
  await addWorker(run, stores, { smtpUrls, dkimKeys, listen: false, metrics })
  stop.throwIfAborted()
  run.print(banner({ config, keys: stores.keys, demo, mailboxUrl: mailbox?.smtpUrl }))
}

/**
 * `sparekey api`: the API and the hosted pages alone. Opens the mailbox when there is no SMTP_URL and no other
 * process has done so.
 */
export async function startApi(run: Run): Promise<void> {
  const { config, print } = run
  await assertPortFree(config.host, config.port, 'PORT')
  keepHeapSmall('api')
  loadAhead('api')
  const stores = await openStores(run, 'sparekey-api')
  const local = config.smtpUrls.length === 0
  const mailbox = local ? await openMailbox(run, { anyPort: false }) : undefined
  if (local && !mailbox) {
    const taken = 'no mailbox here: its port is taken, perhaps by the mailbox of another'
    run.log('api').warn({ port: mailboxPortOf(config) }, taken)
  }
  await addApi(run, stores, mailbox)
  run.log('api').info({ url: localUrl(config), mailbox: mailbox !== undefined }, 'listening')
  if (stores.keys.madeAdminKey) print(`Admin key  ${stores.keys.adminKey}`)
}

/** `sparekey worker`: the workers alone. Without SMTP_URL they send to the mailbox that the API opened. */
export async function startWorkers(run: Run): Promise<void> {
  const { config } = run
  await assertPortFree(config.host, config.workerPort, 'WORKER_PORT')
  const dkimKeys = await readDkimKeys(config.dkim)
  keepHeapSmall('worker')
  loadAhead('worker')
  const stores = await openStores(run, 'sparekey-worker')
  const smtpUrls =
    config.smtpUrls.length > 0 ? config.smtpUrls : [`smtp://127.0.0.1:${mailboxPortOf(config)}`]
  await addWorker(run, stores, { smtpUrls, dkimKeys, listen: true })
  run.log('worker').info({ port: config.workerPort }, 'taking jobs; health and metrics on this port')
}

async function openStoredDemo(run: Run, { keys, databaseUrl }: Stores): Promise<Demo | undefined> {
  const database = openDb(databaseUrl, { connections: 1 })
  const context = {
    db: database.db,
    queues: { add: async () => {} },
    secrets: keys.secrets,
    log: run.log('start'),
  }
  try {
    return await explained(databaseUrl, () => openDemo(context, run.config))
  } finally {
    await database.close()
  }
}
