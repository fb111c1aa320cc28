import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startRedis } from '../../../test/support/servers.ts'
import { openBackend } from '../src/backend.ts'
import { errorCode, QueueUnavailableError, serverCode } from '../src/errors.ts'
import { openQueues } from '../src/queues.ts'
import { isOutage } from '../src/reach.ts'
import { openRedis } from '../src/redis.ts'
import { parseRedisUrl } from '../src/redis-url.ts'
import { retryDelay } from '../src/retry.ts'

const log = { info() {}, warn() {}, error() {} }

test.each([
  ['ReplyError', "READONLY You can't write against a read only replica."],
  ['ReplyError', 'CLUSTERDOWN Hash slot not served'],
  [
    'ReplyError',
    'UNBLOCKED force unblock from blocking operation, instance state changed (master -> replica?)',
  ],
  ['Error', 'Too many Cluster redirections. Last error: Error: Connection is closed.'],
  ['Error', "Cluster isn't ready and enableOfflineQueue options is false"],
  ['Error', "Socket timeout. Expecting data, but didn't receive any in 12000ms."],
])('what is met during a failover counts as an outage: %s %s', (name, message) => {
  expect(isOutage(Object.assign(new Error(message), { name }))).toBe(true)
})

test('a refusal is no outage', () => {
  const refusal = new Error('WRONGTYPE Operation against a key holding the wrong kind of value')
  expect(isOutage(Object.assign(refusal, { name: 'ReplyError' }))).toBe(false)
})

describe('parseRedisUrl', () => {
  test('reads one host, its defaults, login, database and TLS', () => {
    expect(parseRedisUrl('redis://localhost')).toEqual({
      hosts: [{ host: 'localhost', port: 6379 }],
      tls: false,
      db: 0,
    })
    expect(parseRedisUrl('rediss://anna:p%40ss@h.example:6380/3')).toMatchObject({
      hosts: [{ host: 'h.example', port: 6380 }],
      tls: true,
      username: 'anna',
      password: 'p@ss',
      db: 3,
    })
    expect(parseRedisUrl('valkeys://:word@[::1]:7')).toMatchObject({
      hosts: [{ host: '::1', port: 7 }],
      tls: true,
      username: undefined,
      password: 'word',
    })
    expect(parseRedisUrl('redis://word@h')).toMatchObject({ password: 'word', username: undefined })
  })

  test('reads several hosts as a cluster, and sentinels with the name of their master', () => {
    expect(parseRedisUrl('redis://a:1,b,c:3').hosts).toEqual([
      { host: 'a', port: 1 },
      { host: 'b', port: 6379 },
      { host: 'c', port: 3 },
    ])
    for (const text of [
      'redis+sentinel://u:p@a,b:2/main?db=4',
      'redis+sentinel://u:p@a,b:2?name=main&db=4',
    ]) {
      expect(parseRedisUrl(text)).toMatchObject({
        hosts: [
          { host: 'a', port: 26379 },
          { host: 'b', port: 2 },
        ],
        sentinel: { master: 'main' },
        password: 'p',
        db: 4,
      })
    }
  })

  test.each([
    'http://h',
    'redis://',
    'redis://h:0',
    'redis://h:99999',
    'redis://u:secret@h/x',
    'redis://a,b/1',
    'redis+sentinel://u:secret@h',
    'redis://u:%zz@h',
  ])('refuses %s without repeating it', text => {
    expect(() => parseRedisUrl(text)).toThrow(TypeError)
    expect(() => parseRedisUrl(text)).not.toThrow(/secret|zz/)
  })
})

test('retries double from one second, are capped at a minute, and leave half to chance', () => {
  const longest = Array.from({ length: 10 }, (_, index) => retryDelay(index + 1, () => 1))
  expect(longest).toEqual([1000, 2000, 4000, 8000, 16000, 32000, 60000, 60000, 60000, 60000])
  expect(retryDelay(3, () => 0)).toBe(2000)
})

test('an error gives its code or class away, never its words', () => {
  expect(errorCode(Object.assign(new Error('x'), { code: 'EAUTH' }))).toBe('EAUTH')
  expect(errorCode(Object.assign(new RangeError('x'), { code: 'mail to anna@example.com' }))).toBe(
    'RangeError',
  )
  expect(errorCode('anna@example.com')).toBe('Error')
  expect(serverCode(Object.assign(new Error('OOM command not allowed'), { name: 'ReplyError' }))).toBe('OOM')
})

describe('a server that takes connections and never answers', () => {
  const sockets = new Set<Socket>()
  const server = createServer(socket => {
    sockets.add(socket.on('error', () => {}))
  })
  let host: string
  beforeAll(async () => {
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    host = `127.0.0.1:${(server.address() as { port: number }).port}`
  })
  afterAll(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })

  test.each(['redis', 'postgres'])('does not hold up add, ping or close on %s', async kind => {
    const urls =
      kind === 'redis'
        ? { redisUrl: `redis://${host}`, databaseUrl: '' }
        : { databaseUrl: `postgres://u@${host}/d` }
    const queues = openQueues({ backend: openBackend(urls), log })
    const start = Date.now()
    const job = { id: 'req_a', data: { requestId: 'req_a' } }
    await expect(queues.add('mail', [job])).rejects.toThrow(QueueUnavailableError)
    await expect(queues.ping()).rejects.toThrow(QueueUnavailableError)
    await queues.close()
    expect(Date.now() - start).toBeLessThan(8_000)
    await expect(queues.add('mail', [job])).rejects.toThrow(QueueUnavailableError)
  })
})

test('openRedis answers its first command, fails at once without Redis and works again afterwards', async () => {
  const server = await startRedis()
  const redis = openRedis(server.url)
  try {
    expect(await redis.set('a', '1')).toBe('OK')
    const lost = new Promise(resolve => redis.once('close', resolve))
    await server.stop()
    await lost
    await expect(redis.get('a')).rejects.toThrow()
    // Not `once` of node:events, which rejects at the `error` of a try made before the server is up again.
    const back = new Promise(resolve => redis.once('ready', resolve))
    await server.start()
    await back
    expect(await redis.get('a')).toBeNull()
  } finally {
    redis.disconnect()
    await server.close()
  }
})
