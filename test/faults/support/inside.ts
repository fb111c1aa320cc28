import { freshRedis } from '../../support/database.ts'
import { startSparekey } from '../../support/sparekey.ts'
import { type MailServer, startMailServer } from './mail-server.ts'
import { createRig } from './rig.ts'

interface InsideOptions {
  mailServers?: [MailServer, ...MailServer[]]
  redisUrl?: string
  /** `url`: as Sparekey reaches it; `direct`: as the test does. */
  database?: { url: string; direct: string }
  concurrency?: number
}

/** A rig around a Sparekey in this process: enough for every fault that ends no process, and quicker to start. */
export async function createInside(options: InsideOptions = {}) {
  const mailServers = options.mailServers ?? [await startMailServer()]
  const redisUrl = options.redisUrl ?? (await freshRedis())
  const sparekey = await startSparekey({
    redisUrl,
    smtpUrls: mailServers.map(server => server.url()),
    ...(options.database ? { database: { url: options.database.url, drop: async () => {} } } : {}),
    env: { WORKER_CONCURRENCY: String(options.concurrency ?? 50) },
  })
  const rig = await createRig({
    databaseUrl: options.database?.direct ?? sparekey.databaseUrl,
    redisUrl,
    mailServers,
    inside: sparekey,
  })
  return {
    ...rig,
    sparekey,
    redisUrl,
    mailServers,
    async close() {
      await rig.close()
      await sparekey.close()
      await Promise.all(mailServers.map(server => server.close()))
    },
  }
}
