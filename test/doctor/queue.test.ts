import { openRedis } from '@sparekey/queue/redis'
import { describe, expect, test } from 'vitest'
import { freePort } from '../support/port.ts'
import { inUrl, setUp } from './support/doctor.ts'

const { examine, opened, redis, wellEnvironment } = setUp()

async function setRedis(name: string, value: string): Promise<void> {
  const client = openRedis(redis().url)
  try {
    await client.config('SET', name, value)
  } finally {
    client.disconnect()
  }
}

describe('a queue', () => {
  test('with snapshots is persistent, and may be on Postgres alone', async () => {
    const { env } = await wellEnvironment()
    await setRedis('save', '3600 1')
    opened.push(() => setRedis('save', ''))
    const onRedis = await examine(env)
    expect(onRedis.line('Queue persistence')).toMatchObject({ state: 'ok' })
    const onPostgres = await examine({ ...env, REDIS_URL: undefined })
    expect(onPostgres.line('Queue')).toMatchObject({ state: 'ok', says: 'on the same Postgres, prepared' })
    expect(onPostgres.line('Queue eviction')).toBeUndefined()
  })

  test('that evicts fails', async () => {
    const { env } = await wellEnvironment()
    await setRedis('maxmemory-policy', 'allkeys-lru')
    opened.push(() => setRedis('maxmemory-policy', 'noeviction'))
    const { failed, line } = await examine(env)
    expect(failed).toEqual(['Queue eviction'])
    expect(line('Queue eviction')?.says).toMatch(/^maxmemory-policy allkeys-lru: /)
    expect(line('Queue eviction')?.mend).toMatch(/noeviction/)
  })

  test('that is not there fails', async () => {
    const { env } = await wellEnvironment()
    const { failed, line } = await examine({ ...env, REDIS_URL: `redis://127.0.0.1:${await freePort()}` })
    expect(failed).toEqual(['Queue'])
    expect(line('Queue')?.says).toBe('Redis is out of reach (ECONNREFUSED)')
    expect(line('Queue eviction')).toMatchObject({ state: 'warn' })
  })

  test('of several hosts, none of which is there, fails with the reason', async () => {
    const { env } = await wellEnvironment()
    const [one, two] = [await freePort(), await freePort()]
    const hosts = `127.0.0.1:${one},127.0.0.1:${two}`
    const cluster = await examine({ ...env, REDIS_URL: `redis://${hosts}` })
    expect(cluster.line('Queue')?.says).toBe('No host of the Redis cluster answers')
    const sentinels = await examine({ ...env, REDIS_URL: `redis+sentinel://${hosts}/mymaster` })
    expect(sentinels.line('Queue')?.says).toBe('No sentinel answers')
    expect([cluster.failed, sentinels.failed]).toEqual([['Queue'], ['Queue']])
  })

  test('that refuses the password fails with its own code', async () => {
    const { env } = await wellEnvironment()
    await setRedis('requirepass', 'another')
    opened.push(async () => {
      const client = openRedis(redis().url.replace('//', '//:another@'))
      await client.config('SET', 'requirepass', '')
      client.disconnect()
    })
    const wrong = await examine({ ...env, REDIS_URL: redis().url.replace('//', `//:${inUrl}@`) })
    expect(wrong.failed).toEqual(['Queue'])
    expect(wrong.line('Queue')?.says).toBe('Redis refuses this user or password (WRONGPASS)')
    const none = await examine(env)
    expect(none.line('Queue')?.says).toBe('Redis refuses this user or password (NOAUTH)')
  })
})
