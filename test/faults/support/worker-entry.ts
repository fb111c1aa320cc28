import { createServer } from 'node:http'
import { readConfig } from '@sparekey/config/config'
import { openDb } from '@sparekey/db/db'
import { createLog } from '@sparekey/log/log'
import { createMailer } from '@sparekey/mail/mailer'
import { createRenderer } from '@sparekey/mail/render'
import { createMetrics } from '@sparekey/metrics/metrics'
import { openBackend } from '@sparekey/queue/backend'
import { openQueues } from '@sparekey/queue/queues'
import { SEND_DEADLINE_MS } from '@sparekey/reset/claim'
import type { Context, Point } from '@sparekey/reset/context'
import { allowList } from '@sparekey/webhook/address'
import { post } from '@sparekey/webhook/post'
import { createHands } from '@sparekey/worker/hands'
import { createHealth } from '@sparekey/worker/health'
import { createWorker } from '@sparekey/worker/worker'
import { haltAt } from './point.ts'

// A worker as the real main puts it together, but for the point that it halts at. Its end is a kill, so nothing is closed.
const { FAULT_POINT, FAULT_STAND_UNTIL, FAULT_SEND_DEADLINE_MS } = process.env
const config = readConfig(process.env)
const log = createLog(config.logLevel, 'worker')
const databaseUrl = config.databaseUrl ?? ''
const { db, ping } = openDb(databaseUrl)
const backend = openBackend({ ...(config.redisUrl ? { redisUrl: config.redisUrl } : {}), databaseUrl })
const queues = openQueues({ backend, log })
const hands = createHands(config.workerConcurrency)
const metrics = createMetrics({
  queues: [],
  counts: async () => ({}),
  waiting: async () => ({ requests: 0, oldestSeconds: null }),
  ages: async () => ({}),
})
const context: Context = {
  db,
  queues,
  secrets: config.secrets ?? [],
  log,
  isFull: hands.isFull,
  reached: haltAt({ point: FAULT_POINT as Point, standUntil: FAULT_STAND_UNTIL }),
}
const renderer = createRenderer()
// Where the first mail's time is short, compiling must not take it up.
if (FAULT_SEND_DEADLINE_MS) await renderer.warm()
const allowed = allowList(config.webhookAllow)
createWorker({
  context,
  delivery: {
    mailer: createMailer({
      servers: config.smtpUrls,
      deadlineMs: Number(FAULT_SEND_DEADLINE_MS ?? SEND_DEADLINE_MS),
    }),
    renderer,
    publicUrl: config.publicUrl,
    mailFrom: config.mailFrom,
  },
  post: (url, headers, body) => post({ url, headers, body, allowed }),
  backend,
  queues,
  hands,
  retentionDays: config.retentionDays,
  log,
})
createServer(createHealth({ ping, queues, metrics })).listen(config.workerPort, config.host)
