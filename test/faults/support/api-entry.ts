import { createServer } from 'node:http'
import { createApp } from '@sparekey/api/app'
import { createLimits } from '@sparekey/api/limits'
import { createLive } from '@sparekey/api/live'
import { readConfig } from '@sparekey/config/config'
import { openDb } from '@sparekey/db/db'
import { createLog } from '@sparekey/log/log'
import { createRenderer } from '@sparekey/mail/render'
import { createMetrics } from '@sparekey/metrics/metrics'
import { openBackend } from '@sparekey/queue/backend'
import { openQueues } from '@sparekey/queue/queues'
import type { Context, Point } from '@sparekey/reset/context'
import { createCredentials } from '@sparekey/reset/keys'
import { haltAt } from './point.ts'

// An API as the real main puts it together, but for the point that it halts at. Its end is a kill, so nothing is closed.
const { FAULT_POINT } = process.env
const config = readConfig(process.env)
const log = createLog(config.logLevel, 'api')
const databaseUrl = config.databaseUrl ?? ''
const { db, ping } = openDb(databaseUrl)
const backend = openBackend({ ...(config.redisUrl ? { redisUrl: config.redisUrl } : {}), databaseUrl })
const queues = openQueues({ backend, log })
const core: Context = {
  db,
  queues,
  secrets: config.secrets ?? [],
  log,
  reached: haltAt({ point: FAULT_POINT as Point }),
}
const app = createApp({
  core,
  queues,
  live: createLive({ core, queues }),
  renderer: createRenderer(),
  credentials: createCredentials(core),
  adminKey: config.adminKey ?? '',
  publicUrl: config.publicUrl,
  trustProxy: config.trustProxy,
  limits: createLimits({ redis: undefined, log }),
  pingDatabase: ping,
  pingQueue: queues.ping,
  metrics: createMetrics({
    queues: [],
    counts: async () => ({}),
    waiting: async () => ({ requests: 0, oldestSeconds: null }),
    ages: async () => ({}),
  }),
  log,
})
createServer(async (incoming, outgoing) => {
  const chunks: Buffer[] = []
  for await (const chunk of incoming) chunks.push(chunk as Buffer)
  const { url = '/', method = 'GET', headers } = incoming
  const request = new Request(new URL(url, config.publicUrl), {
    method,
    headers: headers as Record<string, string>,
    ...(chunks.length > 0 ? { body: Buffer.concat(chunks) } : {}),
  })
  const answer = await app.fetch(request, { incoming, outgoing })
  outgoing.writeHead(answer.status, Object.fromEntries(answer.headers))
  outgoing.end(Buffer.from(await answer.arrayBuffer()))
}).listen(config.port, config.host)
