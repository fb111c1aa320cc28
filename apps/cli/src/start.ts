import { runApi } from '@sparekey/api/main'
import { openDb } from '@sparekey/db/db'
import { runWorker } from '@sparekey/worker/main'
import { banner } from './banner.ts'
import { explained, openDatabase, prepareDatabase } from './database.ts'
import { openDemo } from './demo.ts'
import { readKeys } from './made-keys.ts'
import { assertPortFree } from './port.ts'
import { openMailbox, type Run } from './run.ts'

/**
 * `sparekey start`: everything in one process, with an embedded Postgres and a mailbox where nothing else is
 * configured, and a demo application on the first run. Returns once all of it runs and the banner is printed.
 */
export async function start(run: Run): Promise<void> {
  const { config, closers, stop } = run
  await assertPortFree(config.host, config.port, 'PORT')
  const keys = await readKeys(config)
  const databaseUrl = await openDatabase(config, closers, run.log('database'))
  await prepareDatabase(config, databaseUrl)
  stop.throwIfAborted()

  const mailbox = config.smtpUrls.length === 0 ? await openMailbox(run, { anyPort: true }) : undefined
  const smtpUrls = mailbox ? [mailbox.smtpUrl] : config.smtpUrls
  const { secrets, adminKey } = keys

  const demo = await explained(databaseUrl, async () => {
    const database = openDb(databaseUrl, { connections: 1 })
    try {
      const queues = { add: async () => {} }
      return await openDemo({ db: database.db, queues, secrets, log: run.log('start') }, config)
    } finally {
      await database.close()
    }
  })

  const log = run.log('api')
  const api = await runApi({ config, secrets, adminKey, databaseUrl, log, mailbox })
  closers.add(api.close, config.shutdownGraceMs)
  const worker = await runWorker({
    config,
    secrets,
    databaseUrl,
    smtpUrls,
    log: run.log('worker'),
    listen: false,
  })
  closers.add(worker.close, config.shutdownGraceMs + 5_000)
  stop.throwIfAborted()
  run.print(banner({ config, keys, demo, mailboxUrl: mailbox?.smtpUrl }))
}
