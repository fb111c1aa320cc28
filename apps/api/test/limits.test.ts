import { openRedis } from '@sparekey/queue/redis'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { startRedis, type TestServer } from '../../../test/support/servers.ts'
import { createLimits, type Limit, type Limits } from '../src/limits.ts'
import { ApiError } from '../src/problem.ts'

const log = { debug() {}, info() {}, warn() {}, error() {} }
let server: TestServer
let redis: ReturnType<typeof openRedis>
let limits: Limits

beforeAll(async () => {
  server = await startRedis()
  redis = openRedis(server.url)
  await redis.flushall()
})
beforeEach(async () => {
  await redis.flushall()
  limits = createLimits({ redis, log })
})
afterAll(async () => {
  redis.disconnect()
  await server.close()
})

const key = (most: number): Limit => ({ name: 'key', who: 'pk_1', most })

/** How many of so many calls are let in, made by so many at once. */
async function letIn(calls: number, take: () => Promise<void> | undefined, atOnce = 1): Promise<number> {
  let made = 0
  let taken = 0
  const caller = async () => {
    while (made < calls) {
      made++
      try {
        await take()
        taken++
      } catch (error) {
        expect(error).toBeInstanceOf(ApiError)
      }
    }
  }
  await Promise.all(Array.from({ length: atOnce }, caller))
  return taken
}

test.each([1, 30])(
  '%i at once: a limit lets in as many as it says, though some are counted ahead',
  async atOnce => {
    expect(await letIn(1500, () => limits.takeInTurn(undefined, key(1000)), atOnce)).toBe(1000)
  },
)

test('instances together let in no more than a limit says, and at most a hundredth each fewer', async () => {
  const both = [limits, createLimits({ redis, log })]
  const taken = await Promise.all(
    both.map(one => letIn(1500, () => one.takeInTurn(undefined, key(2000)), 10)),
  )
  const sum = taken.reduce((all, one) => all + one, 0)
  expect(sum).toBeLessThanOrEqual(2000)
  expect(sum).toBeGreaterThanOrEqual(1960)
})

test('what an address has too many uses up nothing of a key whose calls are counted ahead', async () => {
  const address: Limit = { name: 'address:app_1', who: '192.0.2.1', most: 5 }
  expect(await letIn(152, () => limits.takeInTurn(undefined, key(1000)))).toBe(152)
  expect(await letIn(50, () => limits.takeInTurn(address, key(1000)))).toBe(5)
  expect(await letIn(1000, () => limits.takeInTurn(undefined, key(1000)))).toBe(843)
})

test('a busy key costs no command for each call, also where each comes from another address', async () => {
  const take = () => limits.takeInTurn(undefined, key(1_000_000))
  let n = 0
  const takeBoth = () =>
    limits.takeInTurn({ name: 'address:app_1', who: `192.0.2.${n++}`, most: 60 }, key(1_000_000))
  await letIn(200, take)
  await redis.config('RESETSTAT')
  expect(await letIn(1000, take)).toBe(1000)
  expect(await letIn(200, takeBoth)).toBe(200)
  const stats = await redis.info('commandstats')
  const scripts = Number(/^cmdstat_evalsha:calls=(\d+)/m.exec(stats)?.[1] ?? 0)
  // One for each address.
  expect(scripts).toBe(200)
})

test('a limit that is lowered holds at once, also for calls that are counted ahead', async () => {
  expect(await letIn(200, () => limits.takeInTurn(undefined, key(10_000)))).toBe(200)
  expect(await letIn(20, () => limits.takeInTurn(undefined, key(150)))).toBe(0)
})

test('a count that begins anew, as after a failover, lets in as many again', async () => {
  const take = () => limits.takeInTurn(undefined, key(150))
  expect(await letIn(120, take)).toBe(120)
  await redis.flushall()
  // What was counted ahead before, and what is left ahead in the end.
  const again = await letIn(300, take)
  expect(again).toBeGreaterThanOrEqual(149)
  expect(again).toBeLessThanOrEqual(151)
})
