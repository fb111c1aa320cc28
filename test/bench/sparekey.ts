import { join } from 'node:path'
import postgres from 'postgres'
import { freePort } from '../support/port.ts'
import type { Target } from './load.ts'
import { answers, type Child } from './processes.ts'
import { emailOf, type Stage } from './stage.ts'
import { createTraffic, type Traffic } from './traffic.ts'

/** Sparekey on Redis and a database of its own, API and workers as separate processes. */
export interface Sparekey extends Traffic {
  api: Child
  workers: Child[]
  base: string
  sql: postgres.Sql
  /** Resolves when it is ready. `env` may add to what all parts share. */
  startWorker(env?: Record<string, string>): Promise<Child>
  stopWorkers(): Promise<void>
  /** Pauses or resumes the queue of mails. */
  queue(verb: 'pause' | 'resume'): Promise<void>
  close(): Promise<void>
}

export function targetOf(port: number, key: string): Target {
  return {
    port,
    path: '/v1/reset-requests',
    contentType: 'application/json',
    headers: { authorization: `Bearer ${key}` },
    body: `{"login":"${emailOf('{n}')}"}`,
    status: 202,
  }
}

export async function openSparekey(
  stage: Stage,
  options: { workers?: number; delayMs?: number; env?: Record<string, string> } = {},
): Promise<Sparekey> {
  const database = await stage.makeDatabase()
  const port = await freePort()
  const env = {
    ...stage.env,
    DATABASE_URL: database.url,
    REDIS_URL: stage.freshRedis(),
    ...options.env,
  }
  const base = `http://127.0.0.1:${port}`
  const api = stage.processes.start({
    name: 'api',
    ...stage.sparekey('api'),
    env: { ...env, PORT: `${port}` },
  })
  const sql = postgres(database.url, { max: 1, onnotice: () => {} })
  const workers: Child[] = []
  const onMissing = async () => {
    const rows = await sql`select status, reason, count(*)::int as n from reset_requests group by 1, 2`
    return `${JSON.stringify(rows)} ${workers.map(worker => worker.output()).join()}`
  }

  const sparekey: Sparekey = {
    api,
    workers,
    base,
    sql,
    ...createTraffic(stage, targetOf(port, stage.publishable), { ...options, onMissing }),
    async startWorker(more = {}) {
      const workerPort = await freePort()
      const worker = stage.processes.start({
        name: 'worker',
        ...stage.sparekey('worker'),
        env: { ...env, ...more, WORKER_PORT: `${workerPort}`, SPAREKEY_DATA: join(stage.folder, 'data') },
      })
      workers.push(worker)
      await answers(worker, `http://127.0.0.1:${workerPort}/readyz`)
      return worker
    },
    async stopWorkers() {
      await Promise.all(workers.splice(0).map(worker => worker.end()))
    },
    async queue(verb) {
      const response = await fetch(`${base}/v1/queues/mail/${verb}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${stage.adminKey}` },
      })
      if (!response.ok) throw new Error(`${verb}: ${response.status} ${await response.text()}`)
    },
    async close() {
      await Promise.all([api.end(), sparekey.stopWorkers()])
      await sql.end({ timeout: 5 })
      await database.drop()
    },
  }
  await answers(api, `${base}/readyz`)
  for (let i = 0; i < (options.workers ?? 0); i++) await sparekey.startWorker()
  return sparekey
}
