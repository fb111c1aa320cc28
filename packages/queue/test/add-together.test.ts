import { Queue } from 'bullmq'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startRedis, type TestServer } from '../../../test/support/servers.ts'
import { openBackend } from '../src/backend.ts'
import type { NewJob } from '../src/jobs.ts'
import { openQueues, type Queues } from '../src/queues.ts'
import { jobOptions } from '../src/retry.ts'

const log = { info() {}, warn() {}, error() {} }
let server: TestServer
let redis: Redis
let queues: Queues
/** BullMQ's own producer, on keys of its own. */
let theirs: Queue

beforeAll(async () => {
  server = await startRedis()
  redis = new Redis(server.url)
  queues = openQueues({ backend: openBackend({ redisUrl: server.url, databaseUrl: '' }), log })
  theirs = new Queue('mail', {
    connection: { url: server.url },
    prefix: '{theirs}',
    defaultJobOptions: jobOptions,
  })
})
afterAll(async () => {
  await theirs.close()
  await queues.close()
  await redis.quit()
  await server.close()
})

/** All that lies in Redis under a prefix but events, without times: of those there are two clocks. */
async function leftBehind(prefix: string): Promise<Record<string, unknown>> {
  await redis.del(`${prefix}:mail:events`)
  await redis.hdel(`${prefix}:mail:meta`, 'opts.maxLenEvents')
  const left: Record<string, unknown> = {}
  for (const key of (await redis.keys(`${prefix}:mail:*`)).sort()) {
    const name = key.slice(prefix.length)
    const type = await redis.type(key)
    if (type === 'hash') {
      const { timestamp, opts, ...rest } = await redis.hgetall(key)
      // A job of ours has its id by its key alone.
      const { jobId: _, ...options } = JSON.parse(opts ?? '{}')
      left[name] = { ...rest, options, ...(timestamp ? { timestamp: /^\d{13}$/.test(timestamp) } : {}) }
    } else if (type === 'zset') left[name] = await redis.zrange(key, '0', '-1', 'WITHSCORES')
    else if (type === 'list') left[name] = await redis.lrange(key, 0, -1)
    else left[name] = await redis.get(key)
  }
  return left
}

const job = (id: string, priority?: number): NewJob<'mail'> => ({
  id,
  data: { requestId: `${id} “é\u0000` },
  fresh: true,
  ...(priority ? { priority } : {}),
})

async function addBoth(jobs: NewJob<'mail'>[]): Promise<void> {
  await queues.add('mail', jobs)
  for (const { id, data, priority } of jobs)
    await theirs.add('mail', data, { jobId: id, ...(priority ? { priority } : {}) })
}

test.each([
  ['of no priority', undefined],
  ['of one priority', 3],
])(
  'jobs %s that are added together leave in Redis what BullMQ leaves that adds each',
  async (_, priority) => {
    await redis.flushall()
    await addBoth(['a', 'b', 'a', 'c'].map(id => job(id, priority)))
    await addBoth(['d', 'b', 'e'].map(id => job(id, priority)))
    const left = await leftBehind('{theirs}')
    expect(Object.keys(left)).toEqual(expect.arrayContaining([':mail:a', ':mail:e', ':mail:marker']))
    expect(await leftBehind('{sparekey}')).toEqual(left)
  },
)

test.each([
  ['a paused queue', (prefix: string) => redis.hset(`${prefix}:mail:meta`, 'paused', '1')],
  ['a queue that is full', (prefix: string) => redis.hset(`${prefix}:mail:meta`, 'concurrency', '0')],
])('jobs added to %s wake no worker', async (_, prepare) => {
  await redis.flushall()
  for (const prefix of ['{sparekey}', '{theirs}']) await prepare(prefix)
  await addBoth([job('a', 1), job('b', 1)])
  await addBoth([job('c'), job('d')])
  expect(await redis.exists('{sparekey}:mail:marker')).toBe(0)
  expect(await leftBehind('{sparekey}')).toEqual(await leftBehind('{theirs}'))
})

test('a job is kept in the form in which Redis needs least room', async () => {
  await redis.flushall()
  await queues.add('mail', [{ ...job(`req_${'0'.repeat(26)}`), priority: 1000 }, job('later')])
  await queues.add('mail', [{ ...job('sleeps'), runAt: new Date(Date.now() + 86_400_000) }])
  for (const id of [`req_${'0'.repeat(26)}`, 'later', 'sleeps'])
    expect(await redis.object('ENCODING', `{sparekey}:mail:${id}`)).toBe('listpack')
})
