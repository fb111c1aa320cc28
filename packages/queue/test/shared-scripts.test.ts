import { randomUUID } from 'node:crypto'
import { Redis } from 'ioredis'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { startRedis, type TestServer } from '../../../test/support/servers.ts'
import { type Backend, openBackend } from '../src/backend.ts'
import { openQueues, type Queues } from '../src/queues.ts'
import { startWorker } from '../src/worker.ts'
import { eventually } from './support/events.ts'

const log = { info() {}, warn() {}, error() {} }
let server: TestServer
let backend: Backend
let redis: Redis
let queues: Queues
let closing: (() => Promise<unknown>)[]

beforeEach(async () => {
  server = await startRedis()
  backend = openBackend({ redisUrl: server.url, databaseUrl: '' })
  redis = new Redis(server.url)
  queues = openQueues({ backend, log })
  closing = [() => queues.close(), () => redis.quit(), () => server.close()]
})
afterEach(async () => {
  for (const close of closing) await close()
})

const makeIds = (count: number) => Array.from({ length: count }, () => `req_${randomUUID()}`)
const add = (ids: string[]) =>
  queues.add(
    'mail',
    ids.map(id => ({ id, data: { requestId: id }, fresh: true })),
  )

/** How many scripts Redis ran since the last look. */
async function scriptsRun(): Promise<number> {
  const stats = await redis.info('commandstats')
  await redis.config('RESETSTAT')
  return [...stats.matchAll(/^cmdstat_eval(?:sha)?:calls=(\d+)/gm)].reduce((sum, [, n]) => sum + Number(n), 0)
}

/** A worker that has taken all of these jobs and lets them end together. */
async function takeAll(count: number): Promise<() => void> {
  let taken = 0
  let release = () => {}
  const released = new Promise<void>(resolve => {
    release = resolve
  })
  const worker = startWorker({
    backend,
    queue: 'mail',
    concurrency: count,
    log,
    async handle() {
      taken++
      await released
    },
  })
  closing.unshift(() => worker.close())
  await eventually(async () => taken === count)
  return release
}

const counts = async () => (await queues.view('mail')).counts

test('jobs that are added together are one command, and wait in their order', async () => {
  await add(makeIds(1))
  await scriptsRun()
  const ids = makeIds(60)
  await add(ids)
  expect(await scriptsRun()).toBe(1)
  const waiting = await queues.jobs('mail', 'waiting', { offset: 1, limit: 60 })
  expect(waiting.map(({ id }) => id)).toEqual(ids)
})

test('jobs that are added together with different priorities wait in their order', async () => {
  const job = (id: string, priority?: number) => ({
    id,
    data: { requestId: `${id} “é\u0000` },
    fresh: true,
    ...(priority ? { priority } : {}),
  })
  await queues.add('mail', [job('d', 2), job('c', 1), job('a'), job('e', 2), job('b')])
  const waiting = await queues.jobs('mail', 'waiting', { offset: 0, limit: 10 })
  expect(waiting.map(({ id }) => id)).toEqual(['a', 'b', 'c', 'd', 'e'])
  expect(waiting.map(({ data }) => data)).toEqual(waiting.map(({ id }) => ({ requestId: `${id} “é\u0000` })))
})

test('jobs that end together share a command', async () => {
  await add(makeIds(50))
  const release = await takeAll(50)
  await scriptsRun()
  release()
  await eventually(async () => (await counts()).active === 0)
  expect(await counts()).toMatchObject({ waiting: 0, active: 0, failed: 0 })
  // The look at how many there are is a script as well; each job by itself would make fifty.
  expect(await scriptsRun()).toBeLessThan(25)
})

test('a job that cannot be added is refused by itself', async () => {
  const ids = makeIds(5)
  // No job's: its script fails where it reads it.
  await redis.set(`{sparekey}:mail:${ids[2]}`, 'text')
  await expect(add(ids)).rejects.toThrow('WRONGTYPE')
  expect((await counts()).waiting).toBe(4)
})

test('a job whose lock was lost does not keep those that end with it from ending', async () => {
  const ids = makeIds(5)
  await add(ids)
  const release = await takeAll(5)
  await redis.del(`{sparekey}:mail:${ids[1]}:lock`)
  release()
  await eventually(async () => (await counts()).active === 1)
  const [left] = await queues.jobs('mail', 'active', { offset: 0, limit: 5 })
  expect(left?.id).toBe(ids[1])
})
