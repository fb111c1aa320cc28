import { afterEach, expect, test } from 'vitest'
import { type Answer, startDirectoryServer } from '../support/directory-server.ts'
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
    // At once, so that all are counted in one stretch of ten seconds, however busy the machine is.
    const answers = await Promise.all(crowd.map(login => ask(loud.secret, login)))
    expect(answers.filter(answer => answer.status === 202)).toHaveLength(crowd.length)
    await ask(quiet.secret, one)

    await sparekey.startWorker()
    await until('all mails', () => (server.taken.length >= 401 ? true : undefined), 100_000)
    // Behind what its own share lets through first, and before the rest of the burst.
    expect(server.taken.findIndex(mail => mail.includes(one))).toBeLessThan(300)
  },
  120_000,
)

test.each(backends)(
  "an application whose own server hangs has a fifth of a worker's hands, and loses nobody, queues on %s",
  async backend => {
    const directory = await startDirectoryServer()
    opened.push({ close: async () => directory.close() })
    const sparekey = await startSparekey({
      backend,
      env: { WEBHOOK_ALLOW: '127.0.0.1', WORKER_CONCURRENCY: '20' },
    })
    opened.push(sparekey)
    const stuck = await sparekey.application({ directory: 'http', directoryUrl: directory.origin })
    const quiet = await sparekey.application()
    const [one = ''] = await people(sparekey, quiet.secret, 'quiet', 1)
    const ask = (key: string, login: string) =>
      sparekey.call('POST', '/v1/reset-requests', { key, body: { login } })

    const held = new Set<unknown>()
    let hangs = true
    let most = 0
    const hang: Answer = response => {
      held.add(response)
      response.once('close', () => held.delete(response))
      most = Math.max(most, held.size)
      if (hangs) directory.answer('find_account', hang)
    }
    directory.answer('find_account', hang)
    const logins = Array.from({ length: 30 }, (_, i) => `stuck${i}`)
    for (const login of logins)
      directory.people.set(login, { id: `id-${login}`, email: `${login}@example.com` })
    await Promise.all(logins.map(login => ask(stuck.secret, login)))
    await until('its share', () => held.size >= 4 || undefined)
    await ask(quiet.secret, one)
    await sparekey.mail(one)
    expect(most).toBe(4)

    hangs = false
    for (const login of logins) await sparekey.mail(`${login}@example.com`)
  },
  120_000,
)

test('a rate for a mail server holds over all workers together, and what is above it waits without a try', async () => {
  const server = await startMailServer()
  opened.push(server)
  const sparekey = await startSparekey({
    backend: 'redis',
    smtpUrls: [`${server.url}?perSecond=5`],
    env: { WORKER_CONCURRENCY: '60' },
    worker: false,
  })
  opened.push(sparekey)
  const app = await sparekey.application({ limits: { perAddressMinute: 1000, perKeyMinute: 1000 } })
  // More than a worker's patience has places for: 10 seconds, 5 mails each.
  const logins = await people(sparekey, app.secret, 'paced', 62)
  const asked = await Promise.all(
    logins.map(login => sparekey.call('POST', '/v1/reset-requests', { key: app.secret, body: { login } })),
  )
  const began = performance.now()
  await Promise.all([sparekey.startWorker(), sparekey.startWorker()])
  await until('all are sent', () => (server.taken.length >= logins.length ? true : undefined), 40_000)
  // However busy the machine is, the last place is so much later than the first; timers may be a little early.
  expect(performance.now() - began).toBeGreaterThan(((logins.length - 1) * 1000) / 5 - 100)
  for (const { body } of asked) await sparekey.status(body.id, app.secret, 'sent')
  const tried = await sparekey.sql`select outcome, count(*)::int from mail_attempts group by outcome`
  expect([...tried]).toEqual([{ outcome: 'accepted', count: logins.length }])
  const [mails] = await sparekey.sql`select sum(tries)::int as tries, sum(unreached)::int as unreached,
    count(*) filter (where claim > 1)::int as waited from mails`
  expect(mails).toMatchObject({ tries: 0, unreached: 0 })
  expect(mails?.waited).toBeGreaterThan(0)
})
