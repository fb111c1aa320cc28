import { runApi } from '@sparekey/api/main'
import { runWorker } from '@sparekey/worker/main'
import { openDatabase, prepareDatabase } from './database.ts'
import { readKeys } from './made-keys.ts'
import { assertPortFree } from './port.ts'
import { localUrl, openMailbox, type Run } from './run.ts'

/**
 * `sparekey api`: the API and the hosted pages alone. Opens the mailbox when there is no SMTP_URL and no other
 * process has done so.
 */
export async function startApi(run: Run): Promise<void> {
  const { config, closers, print } = run
  await assertPortFree(config.host, config.port, 'PORT')
  const keys = await readKeys(config)
  const databaseUrl = await openDatabase(config, closers, run.log('database'))
  await prepareDatabase(config, databaseUrl)
  const log = run.log('api')
  const local = config.smtpUrls.length === 0
  const mailbox = local ? await openMailbox(run, { anyPort: false }) : undefined
  if (local && !mailbox)
    log.warn(
      { port: config.mailboxPort },
      'no mailbox here: its port is taken, perhaps by the mailbox of another',
    )
  const { secrets, adminKey } = keys
  const api = await runApi({ config, secrets, adminKey, databaseUrl, log, mailbox })
  closers.add(api.close, config.shutdownGraceMs)
  print(`Sparekey's API listens on ${localUrl(config)}${mailbox ? ', its mailbox is at /mailbox' : ''}`)
  if (keys.madeAdminKey) print(`Admin key  ${adminKey}`)
}

/** `sparekey worker`: the workers alone. Without SMTP_URL they send to the mailbox that the API opened. */
export async function startWorkers(run: Run): Promise<void> {
  const { config, closers, print } = run
  await assertPortFree(config.host, config.workerPort, 'WORKER_PORT')
  const { secrets } = await readKeys(config)
  const databaseUrl = await openDatabase(config, closers, run.log('database'))
  await prepareDatabase(config, databaseUrl)
  const smtpUrls = config.smtpUrls.length > 0 ? config.smtpUrls : [mailboxUrl(config.mailboxPort)]
  const worker = await runWorker({
    config,
    secrets,
    databaseUrl,
    smtpUrls,
    log: run.log('worker'),
    listen: true,
  })
  closers.add(worker.close, config.shutdownGraceMs + 5_000)
  print(`Sparekey's workers run; health and metrics on port ${config.workerPort}`)
}

const mailboxUrl = (port: number) => `smtp://127.0.0.1:${port}`
