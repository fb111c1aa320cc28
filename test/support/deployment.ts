import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { emptyDatabase, freshRedis } from './database.ts'
import { type Script, startMailServer } from './mail-server.ts'
import { freePort } from './port.ts'
import { isWell, type Running, runSparekey } from './process.ts'
import { type Call, callAt, until } from './sparekey.ts'

/** An API or a worker in a process of its own. */
export interface Part extends Running {
  url: string
}

/** Sparekey as an operator runs it: its parts apart, on a real Postgres, Redis and mail server. */
export interface Deployment {
  apis: [Part, ...Part[]]
  workers: Part[]
  mailServer: Awaited<ReturnType<typeof startMailServer>>
  adminKey: string
  /** For looking, and for moving its clock on. */
  databaseUrl: string
  /** Calls the first API. */
  call: Call
  close(): Promise<void>
}

/** Migrates an empty database and starts the parts; resolves when all of them are ready. */
export async function deploy(
  options: {
    apis?: number
    workers?: number
    env?: Record<string, string>
    script?: Script
    mailMs?: number
  } = {},
): Promise<Deployment> {
  const { apis = 1, workers = 1 } = options
  const opened: (() => Promise<unknown>)[] = []
  const close = async () => {
    for (const end of opened.splice(0).reverse()) await end()
  }
  try {
    const database = await emptyDatabase()
    opened.push(() => database.drop())
    const mailServer = await startMailServer(options.script, 0, options.mailMs)
    opened.push(() => mailServer.close())
    const data = await mkdtemp(join(tmpdir(), 'sparekey-deployment-'))
    opened.push(() => rm(data, { recursive: true, force: true, maxRetries: 5 }))

    const ports = await Promise.all(Array.from({ length: apis + workers }, freePort))
    const urls = ports.map(port => `http://localhost:${port}`)
    const adminKey = `admin_${randomBytes(24).toString('base64url')}`
    const env = {
      DATABASE_URL: database.url,
      REDIS_URL: await freshRedis(),
      SMTP_URL: mailServer.url,
      SPAREKEY_SECRET: randomBytes(32).toString('base64'),
      SPAREKEY_ADMIN_KEY: adminKey,
      SPAREKEY_DATA: data,
      PUBLIC_URL: urls[0] ?? '',
      LOG_LEVEL: 'warn',
      ...options.env,
    }
    const migration = runSparekey(['migrate'], env)
    if ((await migration.ended) !== 0) throw new Error(`migrate failed: ${migration.output()}`)
    const parts = urls.map((url, i): Part => {
      const port = String(ports[i])
      const running =
        i < apis
          ? runSparekey(['api'], { ...env, PORT: port })
          : runSparekey(['worker'], { ...env, WORKER_PORT: port })
      opened.push(() => running.end('SIGKILL'))
      return { ...running, url }
    })
    await Promise.all(parts.map(ready))
    return {
      apis: parts.slice(0, apis) as [Part, ...Part[]],
      workers: parts.slice(apis),
      mailServer,
      adminKey,
      databaseUrl: database.url,
      call: callAt(urls[0] ?? ''),
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}

/** Waits until a part answers that it is ready; throws what it said where it ends instead. */
async function ready(part: Part): Promise<void> {
  let ended = false
  part.ended.then(() => {
    ended = true
  })
  await until(
    `${part.url}/readyz`,
    async () => {
      if (ended) throw new Error(`a part ended: ${part.output()}`)
      return (await isWell(part.url)) || undefined
    },
    40_000,
  )
}
