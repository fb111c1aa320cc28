import { spawn } from 'node:child_process'
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { migrate } from '@sparekey/db/migrate'
import { openEmbeddedPostgres } from '@sparekey/embedded/postgres'
import { openBackend, prepareBackend } from '@sparekey/queue/backend'
import { afterEach, expect, test } from 'vitest'
import { findRedis } from './support/executables.ts'
import { freePort, startSparekey, until } from './support/sparekey.ts'

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

test('with the database down a request is refused with 503, and taken again once it is back', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'sparekey-outage-'))
  const server = await openEmbeddedPostgres({ dataDir: folder })
  await migrate(server.url)
  await prepareBackend(openBackend({ databaseUrl: server.url }))
  await chmod(folder, 0o755)
  opened.push({ close: () => rm(folder, { recursive: true, force: true, maxRetries: 5 }) })
  const sparekey = await startSparekey({
    backend: 'redis',
    database: { url: server.url, drop: async () => {} },
  })
  opened.push(sparekey)
  const app = await sparekey.application()
  const ask = () =>
    sparekey.call('POST', '/v1/reset-requests', { key: app.publishable, body: { login: anna.login } })
  expect((await ask()).status).toBe(202)

  const pid = Number((await readFile(join(folder, 'postgres', 'postmaster.pid'), 'utf8')).split('\n')[0])
  process.kill(pid, 'SIGQUIT')
  const down = await until('the first refusal', async () => {
    const answer = await ask()
    return answer.status === 202 ? undefined : answer
  })
  expect(down).toMatchObject({ status: 503, body: { code: 'unavailable' } })
  expect(down.headers.get('retry-after')).toBeTruthy()
  expect(down.headers.get('content-type')).toContain('application/problem+json')
  expect((await sparekey.call('GET', '/readyz')).status).toBe(503)

  const back = await openEmbeddedPostgres({ dataDir: folder })
  // Ended after Sparekey and before its folder goes.
  opened.splice(1, 0, back)
  const taken = await until('the database', async () => {
    const answer = await ask()
    return answer.status === 202 ? answer : undefined
  })
  await sparekey.status(taken.body.id, app.secret, 'ignored')
}, 60_000)
