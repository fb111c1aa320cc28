import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createAdaptorServer } from '@hono/node-server'
import type { Config } from '@sparekey/config/config'
import { openDb } from '@sparekey/db/db'
import type { Log } from '@sparekey/log/log'
import { createRenderer } from '@sparekey/mail/render'
import type { Mailbox } from '@sparekey/mailbox/mailbox'
import { createMetrics, type Metrics } from '@sparekey/metrics/metrics'
import { openBackend } from '@sparekey/queue/backend'
import { type QueueName, queueNames } from '@sparekey/queue/jobs'
import { openQueues } from '@sparekey/queue/queues'
import { openRedis } from '@sparekey/queue/redis'
import type { Context as CoreContext, Secret } from '@sparekey/reset/context'
import { createFairness } from '@sparekey/reset/fairness'
import { createFigures } from '@sparekey/reset/figures'
import { enqueuedAll } from '@sparekey/reset/jobs'
import { createCredentials } from '@sparekey/reset/keys'
import { createBreachCheck } from '@sparekey/reset/passwords/breach'
import { readQueueAges } from '@sparekey/reset/queue-ages'
import { readWaiting } from '@sparekey/reset/waiting'
import type { Tracing } from '@sparekey/trace/trace'
import { createAsker } from '@sparekey/webhook/ask'
import { createApp } from './app.ts'
import { createLimits } from './limits.ts'
import { createLive } from './live.ts'

export interface RunApiOptions {
  config: Config
  secrets: readonly Secret[]
  adminKey: string
  databaseUrl: string
  log: Log
  /** Where vendors check proofs of humanity, instead of their own address. Only tests set it. */
  siteverify?: CoreContext['siteverify']
  tracing?: Tracing | undefined
  /** Mounted at `/mailbox`; whoever opened it closes it. */
  mailbox?: Pick<Mailbox, 'app'>
}

/**
 * Serves the API on `config.host` and `config.port` until `close`, which lets running calls end for up to
 * `config.shutdownGraceMs`. Rejects with the system's error when it can't listen (`EADDRINUSE`), and leaves nothing open then.
 */
export async function runApi(
  options: RunApiOptions,
): Promise<{ url: string; metrics: Metrics; close(): Promise<void> }> {
  const { config, secrets, adminKey, databaseUrl, log, mailbox, tracing } = options
  const database = openDb(databaseUrl)
  const backend = openBackend({ ...(config.redisUrl ? { redisUrl: config.redisUrl } : {}), databaseUrl })
  const queues = openQueues({ backend, log, telemetry: tracing?.telemetry })
  const redis = config.redisUrl ? openRedis(config.redisUrl, log) : undefined
  // The limiter asks only a Redis that is connected; one that is away is tried again by itself.
  redis?.connect().catch(() => {})

  const figures = createFigures({ db: database.db, log })
  const metrics = createMetrics({
    queues: queueNames,
    counts: async queue => (await queues.view(queue as QueueName)).counts,
    waiting: () => readWaiting(database),
    ages: () => readQueueAges(database),
  })
  metrics.watch('api', { pools: database.pools })
  const core: CoreContext = {
    db: database.db,
    queues,
    secrets,
    log,
    fairness: createFairness(),
    traced: tracing !== undefined,
    // Each holds a connection to the database meanwhile.
    asker: createAsker({ networks: config.webhookAllow, places: { each: 3, all: 5 } }),
    ...(options.siteverify ? { siteverify: options.siteverify } : {}),
    record(happening) {
      figures.record(happening)
      metrics.record(happening)
    },
    ...(config.breachCheck ? { isBreached: createBreachCheck({ log }) } : {}),
  }
  const live = createLive({ core, queues })
  const app = createApp({
    core,
    queues,
    live,
    renderer: createRenderer(),
    credentials: createCredentials(core),
    adminKey,
    publicUrl: config.publicUrl,
    trustProxy: config.trustProxy,
    limits: createLimits({ redis, log }),
    pingDatabase: database.ping,
    pingQueue: queues.ping,
    metrics,
    tracing,
    log,
    mailbox,
  })

  const closeStores = async () => {
    redis?.disconnect()
    await Promise.all([figures.close(), enqueuedAll(core)])
    await queues.close()
    await database.close()
  }
  const server = createAdaptorServer({ fetch: app.fetch }) as Server
  server.headersTimeout = 10_000
  server.requestTimeout = 120_000
  server.keepAliveTimeout = 30_000
  try {
    await listen(server, config.port, config.host)
  } catch (error) {
    await closeStores()
    throw error
  }
  let closing: Promise<void> | undefined
  return {
    url: urlOf(server.address() as AddressInfo),
    metrics,
    close() {
      live.close()
      closing ??= drain(server, config.shutdownGraceMs).then(closeStores)
      return closing
    },
  }
}

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      resolve()
    })
  })
}

async function drain(server: Server, graceMs: number): Promise<void> {
  const closed = new Promise<void>(resolve => server.close(() => resolve()))
  server.closeIdleConnections()
  const idle = setInterval(() => server.closeIdleConnections(), 100)
  const late = setTimeout(() => server.closeAllConnections(), graceMs)
  await closed
  clearInterval(idle)
  clearTimeout(late)
}

function urlOf({ address, port, family }: AddressInfo): string {
  const host =
    address === '0.0.0.0' || address === '::' ? 'localhost' : family === 'IPv6' ? `[${address}]` : address
  return `http://${host}:${port}`
}
