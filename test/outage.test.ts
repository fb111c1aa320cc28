import { migrate } from '@sparekey/db/migrate'
import { createLog } from '@sparekey/log/log'
import { openBackend, prepareBackend } from '@sparekey/queue/backend'
import { openQueues } from '@sparekey/queue/queues'
import { openRedis } from '@sparekey/queue/redis'
import { afterEach, expect, test } from 'vitest'
import { startPostgres, startRedis } from './support/servers.ts'
import { startSparekey, tokenOf, until } from './support/sparekey.ts'

const opened: { close(): Promise<void> }[] = []
afterEach(async () => {
  for (const thing of opened.splice(0).reverse()) await thing.close()
})

const anna = { login: 'anna@example.com', email: 'anna@example.com' }

test('with the queue down a request is still taken, and delivered once the queue is back, emptied', async () => {
  const redis = await startRedis()
  opened.push(redis)
  const sparekey = await startSparekey({ redisUrl: redis.url })
  opened.push(sparekey)
  const app = await sparekey.application()
  await sparekey.call('POST', '/v1/accounts', { key: app.secret, body: anna })

  await redis.stop('SIGKILL')
  const { status, body } = await sparekey.call('POST', '/v1/reset-requests', {
    key: app.publishable,
    body: { login: anna.login },
  })
  expect(status).toBe(202)
  // Whoever takes it out of service for that would refuse what it takes.
  expect(await sparekey.call('GET', '/readyz')).toMatchObject({
    status: 200,
    body: { status: 'degraded', database: 'ok', queue: 'away' },
  })
  expect((await sparekey.call('GET', '/healthz')).status).toBe(200)
  // Old enough that the first round of housekeeping takes it.
  await sparekey.sql`update reset_requests set enqueued_at = now() - interval '1 minute'`
  await redis.start()
  await expect.poll(() => sparekey.mails(anna.email).length, { timeout: 60_000, interval: 250 }).toBe(1)
  await sparekey.status(body.id, app.secret, 'sent')
})

/** Sparekey on a Postgres that can be taken away, and a call that asks for a person without an account. */
async function startOnOwnPostgres() {
  const server = await startPostgres()
  opened.push(server)
  await migrate(server.url)
  await prepareBackend(openBackend({ databaseUrl: server.url }))
  const sparekey = await startSparekey({
    backend: 'redis',
    database: { url: server.url, drop: async () => {} },
  })
  opened.push(sparekey)
  const app = await sparekey.application()
  const ask = () =>
    sparekey.call('POST', '/v1/reset-requests', { key: app.publishable, body: { login: anna.login } })
  return { server, sparekey, app, ask }
}

test('neither a 202 nor a new password waits for a queue, and an API that ends meanwhile adds their jobs first', async () => {
  const redis = await startRedis()
  opened.push(redis)
  const warned: string[] = []
  const sparekey = await startSparekey({
    redisUrl: redis.url,
    worker: false,
    env: { WEBHOOK_ALLOW: '127.0.0.1' },
    log: { ...createLog('silent', 'test'), warn: (_, message) => void warned.push(message) },
  })
  const { publishable, secret } = await sparekey.application()
  await sparekey.call('POST', '/v1/accounts', { key: secret, body: anna })
  const ask = () =>
    sparekey.call('POST', '/v1/reset-requests', { key: publishable, body: { login: anna.login } })
  const worker = await sparekey.startWorker()
  expect((await ask()).status).toBe(202)
  const token = tokenOf(await sparekey.mail(anna.email))
  await worker.close()
  const endpoint = { url: 'http://127.0.0.1:9/', events: ['reset.accepted', 'reset.used'] }
  expect((await sparekey.call('POST', '/v1/webhooks', { key: secret, body: endpoint })).status).toBe(201)

  const client = openRedis(redis.url)
  opened.push({ close: async () => client.disconnect() })
  await client.call('CLIENT', 'PAUSE', '60000', 'WRITE')
  warned.length = 0
  expect((await ask()).status).toBe(202)
  // Else it has waited for a queue until that was given up.
  const givenUp = () => warned.filter(message => message.startsWith('queue out')).length
  expect(givenUp()).toBe(0)
  const body = { token, password: 'violet kayak hums at dawn' }
  expect((await sparekey.call('POST', '/v1/password-resets', { body })).status).toBe(200)
  // Of the 202's job and webhook alone.
  expect(givenUp()).toBeLessThanOrEqual(2)
  const closed = sparekey.close()
  // Its figures are written next before its queues close.
  await until('the API to close its stores', async () => {
    const [row] = await sparekey.sql`
      select from figures where grain = 'minute' and subject = 'all' and name = 'accepted' having sum(value) = 2`
    return row
  })
  await client.call('CLIENT', 'UNPAUSE')
  await closed

  const queues = openQueues({
    backend: openBackend({ redisUrl: redis.url, databaseUrl: '' }),
    log: createLog('silent', 'test'),
  })
  opened.push(queues)
  expect((await queues.view('mail')).counts.waiting).toBe(2)
  expect((await queues.view('webhook')).counts.waiting).toBe(2)
})

test('with the database down a request is refused with 503, and taken again once it is back', async () => {
  const { server, sparekey, app, ask } = await startOnOwnPostgres()
  expect((await ask()).status).toBe(202)

  await server.stop('SIGQUIT')
  const down = await until('the first refusal', async () => {
    const answer = await ask()
    return answer.status === 202 ? undefined : answer
  })
  expect(down).toMatchObject({ status: 503, body: { code: 'unavailable' } })
  expect(down.headers.get('retry-after')).toBeTruthy()
  expect(down.headers.get('content-type')).toContain('application/problem+json')
  expect(await sparekey.call('GET', '/readyz')).toMatchObject({
    status: 503,
    body: { status: 'away', database: 'away', queue: 'ok' },
  })

  await server.start()
  const taken = await until('the database', async () => {
    const answer = await ask()
    return answer.status === 202 ? answer : undefined
  })
  await sparekey.status(taken.body.id, app.secret, 'ignored')
})

test('a request that was answered with 202 outlives a crash of the database', async () => {
  const { server, sparekey, app, ask } = await startOnOwnPostgres()
  const queue = (verb: string) => sparekey.call('POST', `/v1/queues/mail/${verb}`, { key: sparekey.adminKey })
  // So long may what no commit waited for stay in the server's memory.
  await sparekey.sql.unsafe(`alter system set wal_writer_delay = '10s'`)
  await sparekey.sql`select pg_reload_conf()`
  // Or the worker's own commit would take the row along.
  expect((await queue('pause')).status).toBe(200)
  const { status, body } = await ask()
  expect(status).toBe(202)

  await server.stop('SIGQUIT')
  await server.start()
  await until('the queue', async () => ((await queue('resume')).status === 200 ? true : undefined))
  await sparekey.status(body.id, app.secret, 'ignored')
})
