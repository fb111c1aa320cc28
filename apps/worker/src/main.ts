import { createServer } from 'node:http'
import type { Config, Secret } from '@sparekey/config/config'
import { openDb } from '@sparekey/db/db'
import type { Log } from '@sparekey/log/log'
import { createSigner, type DkimKey } from '@sparekey/mail/dkim'
import { createMailer } from '@sparekey/mail/mailer'
import { createRenderer } from '@sparekey/mail/render'
import { createMetrics, type Metrics } from '@sparekey/metrics/metrics'
import { openBackend } from '@sparekey/queue/backend'
import { type QueueName, queueNames } from '@sparekey/queue/jobs'
import { openQueues } from '@sparekey/queue/queues'
import { SEND_DEADLINE_MS } from '@sparekey/reset/claim'
import type { Context } from '@sparekey/reset/context'
import { createFigures } from '@sparekey/reset/figures'
import { takePlace } from '@sparekey/reset/pace'
import { readQueueAges } from '@sparekey/reset/queue-ages'
import { readWaiting } from '@sparekey/reset/waiting'
import { startBeat } from '@sparekey/reset/workers'
import type { Tracing } from '@sparekey/trace/trace'
import { allowList } from '@sparekey/webhook/address'
import { createAsker } from '@sparekey/webhook/ask'
import { post } from '@sparekey/webhook/post'
import { createHands } from './hands.ts'
import { createHealth } from './health.ts'
import { tracedMailer } from './traced-mailer.ts'
import { createWorker } from './worker.ts'

export interface RunWorkerOptions {
  config: Config
  secrets: readonly Secret[]
  databaseUrl: string
  smtpUrls: readonly string[]
  /** Mails are signed by those of their sender's domain. */
  dkimKeys?: readonly DkimKey[]
  log: Log
  tracing?: Tracing | undefined
  /** Serve health on `config.workerPort`. */
  listen: boolean
  /** Of an API in the same process, which tells this worker's figures among its own. */
  metrics?: Metrics
}

/** Starts the workers of one process. Throws TypeError for a mail server's address that can't be used. */
export async function runWorker(options: RunWorkerOptions): Promise<{ close(): Promise<void> }> {
  const { config, secrets, databaseUrl, smtpUrls, dkimKeys = [], log, listen, tracing } = options
  const renderer = createRenderer()
  const { db, pools, ping, close: closeDb } = openDb(databaseUrl)
  const mailer = createMailer({
    servers: smtpUrls,
    deadlineMs: SEND_DEADLINE_MS,
    pace: (server, perSecond, mostMs) => takePlace({ db }, server, perSecond, mostMs),
    ...(dkimKeys.length > 0 && { signer: createSigner(dkimKeys) }),
  })
  const backend = openBackend({ ...(config.redisUrl ? { redisUrl: config.redisUrl } : {}), databaseUrl })
  const queues = openQueues({ backend, log, telemetry: tracing?.telemetry })
  const allowed = allowList(config.webhookAllow)
  const figures = createFigures({ db, log })
  const hands = createHands(config.workerConcurrency)
  const metrics =
    options.metrics ??
    createMetrics({
      queues: queueNames,
      counts: async queue => (await queues.view(queue as QueueName)).counts,
      waiting: () => readWaiting({ db }),
      ages: () => readQueueAges({ db }),
    })
  metrics.watch('worker', { pools, worker: { ...hands, smtp: mailer.connections } })
  const server = listen ? createServer(createHealth({ ping, queues, metrics })) : undefined
  if (server) {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject).listen(config.workerPort, config.host, resolve)
    })
  }
  const context: Context = {
    db,
    queues,
    secrets,
    log,
    isFull: hands.isFull,
    // So that a server that hangs can't keep all mails waiting.
    asker: createAsker({
      networks: config.webhookAllow,
      places: { each: Math.ceil(config.workerConcurrency / 5), all: Math.ceil(config.workerConcurrency / 2) },
    }),
    record(happening) {
      figures.record(happening)
      metrics.record(happening)
    },
  }
  // Before the first job, so that nobody's mail waits for the compiler.
  await renderer.warm()
  const worker = createWorker({
    context,
    delivery: {
      mailer: tracing ? tracedMailer(mailer, tracing) : mailer,
      renderer,
      publicUrl: config.publicUrl,
      mailFrom: config.mailFrom,
    },
    post: (url, headers, body) => post({ url, headers, body, allowed }),
    backend,
    telemetry: tracing?.telemetry,
    queues,
    hands,
    retentionDays: config.retentionDays,
    log,
  })
  const servers = mailer.connections().map(({ server }) => server)
  const beat = startBeat({ db, log }, { ...hands, servers })
  return {
    async close() {
      server?.close()
      server?.closeAllConnections()
      await worker.close(config.shutdownGraceMs)
      await Promise.all([beat.stop(), figures.close()])
      await Promise.all([mailer.close(), queues.close()])
      await closeDb()
    },
  }
}
