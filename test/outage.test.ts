import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import postgres from 'postgres'
import { afterEach, expect, inject, test } from 'vitest'
import { findRedis } from './support/executables.ts'
import { freePort, startSparekey } from './support/sparekey.ts'

const opened: { close(): Promise<void> }[] = []
afterEach(async () => {
  for (const thing of opened.splice(0).reverse()) await thing.close()
})

async function startRedis(port: number) {
  const child = spawn(
    findRedis(),
    ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'],
    {
      stdio: ['ignore', 'pipe', 'ignore'],
    },
  )
  const ended = new Promise<void>(resolve => child.once('exit', () => resolve()))
  for await (const line of createInterface({ input: child.stdout })) {
    if (line.includes('Ready to accept connections')) break
  }
  child.stdout.resume()
  const redis = {
    async close() {
      child.kill('SIGKILL')
      await ended
    },
  }
  opened.push(redis)
  return redis
}

const anna = { login: 'anna@example.com', email: 'anna@example.com' }

test('with the queue down a request is still taken, and delivered once the queue is back, emptied', async () => {
  const port = await freePort()
  const first = await startRedis(port)
  const sparekey = await startSparekey({ redisUrl: `redis://127.0.0.1:${port}` })
  opened.push(sparekey)
  const app = await sparekey.application()
  await sparekey.call('POST', '/v1/accounts', { key: app.secret, body: anna })

  await first.close()
  const { status, body } = await sparekey.call('POST', '/v1/reset-requests', {
    key: app.publishable,
    body: { login: anna.login },
  })
  expect(status).toBe(202)
  expect((await sparekey.call('GET', '/readyz')).status).toBe(503)
  expect((await sparekey.call('GET', '/healthz')).status).toBe(200)
  // Old enough that the first round of housekeeping takes it.
  await sparekey.sql`update reset_requests set enqueued_at = now() - interval '1 minute'`
  await startRedis(port)
  await expect.poll(() => sparekey.mails(anna.email).length, { timeout: 60_000, interval: 250 }).toBe(1)
  await sparekey.status(body.id, app.secret, 'sent')
}, 90_000)

test('with the database down a request is refused with 503, never taken without its row', async () => {
  const sparekey = await startSparekey({ backend: 'redis' })
  opened.push(sparekey)
  const app = await sparekey.application()
  const server = postgres(inject('postgresUrl'), { max: 1, onnotice: () => {} })
  const name = new URL(sparekey.databaseUrl).pathname.slice(1)
  await server.unsafe(`alter database ${name} with allow_connections false`)
  await server`select pg_terminate_backend(pid) from pg_stat_activity where datname = ${name}`
  await server.end()
  const answer = await sparekey.call('POST', '/v1/reset-requests', {
    key: app.publishable,
    body: { login: anna.login },
  })
  expect(answer).toMatchObject({ status: 503, body: { code: 'unavailable' } })
  expect(answer.headers.get('retry-after')).toBeTruthy()
  expect(answer.headers.get('content-type')).toContain('application/problem+json')
}, 60_000)
