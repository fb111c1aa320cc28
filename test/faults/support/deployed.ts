import { freshDatabase, freshRedis } from '../../support/database.ts'
import { type MailServer, startMailServer } from './mail-server.ts'
import { createRig } from './rig.ts'
import type { Scene } from './scene.ts'

interface DeployedOptions {
  /** In the order in which they are tried. */
  mailServers?: [MailServer, ...MailServer[]]
  redisUrl?: string
  /** `url`: as the parts reach it; `direct`: as the test does. */
  database?: { url: string; direct: string }
  concurrency?: number
  /** False: the API alone; the test starts its workers itself. */
  worker?: boolean
}

/** A rig with an API and a worker as operators run them. What it opens, given mail servers too, the scene closes. */
export async function deployParts({ open }: Scene, options: DeployedOptions = {}) {
  const { worker = true, concurrency = 50, redisUrl = await freshRedis() } = options
  const mailServers = options.mailServers ?? [await startMailServer()]
  for (const server of mailServers) open(server)
  const rig = open(
    await createRig({
      ...(await databaseOf(open, options)),
      redisUrl,
      mailServers,
      env: { WORKER_CONCURRENCY: String(concurrency) },
    }),
  )
  await Promise.all([rig.part('api'), worker ? rig.part('worker') : undefined])
  return { ...rig, mailServer: mailServers[0] }
}

async function databaseOf(open: Scene['open'], { database }: DeployedOptions) {
  if (database) return { databaseUrl: database.direct, partsDatabaseUrl: database.url }
  const { url, drop } = await freshDatabase()
  open({ close: drop })
  return { databaseUrl: url }
}
