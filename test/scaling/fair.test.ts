import { afterEach, expect, test } from 'vitest'
import { startMailServer } from '../support/mail-server.ts'
import { backends, type Sparekey, startSparekey, until } from '../support/sparekey.ts'

const opened: { close(): Promise<unknown> }[] = []
afterEach(async () => {
  for (const each of opened.splice(0).reverse()) await each.close()
})

async function people(sparekey: Sparekey, key: string, name: string, count: number): Promise<string[]> {
  const logins = Array.from({ length: count }, (_, i) => `${name}${i}@example.com`)
  const lines = logins.map(login => JSON.stringify({ login, email: login })).join('\n')
  const answer = await sparekey.call('POST', '/v1/accounts/import', {
    key,
    body: lines,
    headers: { 'content-type': 'application/x-ndjson' },
  })
  expect(answer.body.imported).toBe(count)
  return logins
}

test.each(backends)(
  'a burst of one application does not hold up the others, queues on %s',
  async backend => {
    const server = await startMailServer()
    opened.push(server)
    const sparekey = await startSparekey({
      backend,
      smtpUrls: [server.url],
      env: { WORKER_CONCURRENCY: '5' },
      worker: false,
    })
    opened.push(sparekey)
    const limits = { perAddressMinute: 100_000, perKeyMinute: 100_000 }
    const loud = await sparekey.application({ limits })
    const quiet = await sparekey.application({ limits })
    const crowd = await people(sparekey, loud.secret, 'loud', 400)
    const [one = ''] = await people(sparekey, quiet.secret, 'quiet', 1)
    const ask = (key: string, login: string) =>
      sparekey.call('POST', '/v1/reset-requests', { key, body: { login } })
    for (const login of crowd) expect((await ask(loud.secret, login)).status).toBe(202)
    await ask(quiet.secret, one)

    await sparekey.startWorker()
    await until(
      'the mail of the other',
      () => (server.taken.some(mail => mail.includes(one)) ? true : undefined),
      100_000,
    )
    // Behind what its own share lets through first, and before the rest of the burst.
    expect(server.taken.length).toBeLessThan(300)
    await until('the burst is sent', () => (server.taken.length >= 401 ? true : undefined), 100_000)
  },
  120_000,
)

test('a rate for a mail server holds over all workers together', async () => {
  const server = await startMailServer()
  opened.push(server)
  const sparekey = await startSparekey({ backend: 'redis', smtpUrls: [`${server.url}?perSecond=10`] })
  opened.push(sparekey)
  await sparekey.startWorker()
  const app = await sparekey.application()
  const logins = await people(sparekey, app.secret, 'paced', 20)
  const times: number[] = []
  const watch = until('all are sent', () => {
    while (times.length < server.taken.length) times.push(performance.now())
    return times.length >= 20 ? true : undefined
  })
  await Promise.all(
    logins.map(login => sparekey.call('POST', '/v1/reset-requests', { key: app.secret, body: { login } })),
  )
  await watch
  const busiest = Math.max(...times.map(at => times.filter(other => other >= at && other < at + 1000).length))
  // Ten, and what the clocks of sender and watcher differ by.
  expect(busiest).toBeLessThanOrEqual(13)
  expect(busiest).toBeGreaterThan(3)
}, 60_000)
