import PostalMime from 'postal-mime'
import { afterEach, describe, expect, test } from 'vitest'
import { type Script, startMailServer } from './support/mail-server.ts'
import { freePort } from './support/port.ts'
import { backends, type Sparekey, startSparekey, until } from './support/sparekey.ts'

const opened: { close(): Promise<void> }[] = []
afterEach(async () => {
  for (const thing of opened.splice(0).reverse()) await thing.close()
})

const header = (source: string, name: string) => new RegExp(`^${name}: (.*)$`, 'im').exec(source)?.[1]?.trim()
const links = (source: string) =>
  /reset\/[a-z-]+#=?\r?\n?([A-Za-z0-9_=\r\n-]{43,60})/.exec(source)?.[1]?.replace(/=\r\n/g, '').slice(0, 43)

interface Options {
  script?: Script
  smtpUrls?: string[]
  backend?: 'redis' | 'postgres'
}

async function begin(options: Options) {
  const server = await startMailServer(options.script)
  opened.push(server)
  const sparekey = await startSparekey({
    backend: options.backend ?? 'redis',
    smtpUrls: options.smtpUrls ? [...options.smtpUrls, server.url] : [server.url],
  })
  opened.push(sparekey)
  return { server, sparekey, ...(await withAnna(sparekey)) }
}

async function withAnna(sparekey: Sparekey) {
  const app = await sparekey.application()
  const anna = { login: 'anna@example.com', email: 'anna@example.com' }
  await sparekey.call('POST', '/v1/accounts', { key: app.secret, body: anna })
  const ask = async (login = 'anna@example.com') => {
    const { status, body } = await sparekey.call('POST', '/v1/reset-requests', {
      key: app.publishable,
      body: { login },
    })
    expect(status).toBe(202)
    return body.id as string
  }
  return { app, ask }
}

/** Brings the next try near, so that a test need not wait out a backoff that is right for the world. */
const hurry = async (sparekey: Sparekey) => {
  await sparekey.sql`update mails set next_try_at = now() - interval '1 minute' where status = 'queued'`
}

test('a mail has the settings that its application has by then', async () => {
  const { server, sparekey, app, ask } = await begin({})
  const subjects = () => server.taken.map(source => header(source, 'Subject'))
  await sparekey.status(await ask(), app.secret, 'sent')
  const { status } = await sparekey.call('PATCH', `/v1/applications/${app.id}`, {
    key: sparekey.adminKey,
    body: { name: 'Renamed' },
  })
  expect(status).toBe(200)
  const { body } = await sparekey.call('POST', '/v1/accounts', {
    key: app.secret,
    body: { login: 'ben@example.com', email: 'ben@example.com' },
  })
  expect(body.id).toBeDefined()
  await sparekey.status(await ask('ben@example.com'), app.secret, 'sent')
  expect(subjects()).toEqual([expect.stringContaining('Acme'), expect.stringContaining('Renamed')])
})

describe.each(backends)('delivery, queues on %s', backend => {
  test('451 twice is tried again and delivered once, with the same Message-ID and link each time', async () => {
    const { server, sparekey, app, ask } = await begin({
      backend,
      script: n => (n < 2 ? { code: 451, text: '4.3.0 come back later' } : 'take'),
    })
    const request = await sparekey.status(await ask(), app.secret, 'sent')
    expect(server.taken).toHaveLength(1)
    expect(server.seen).toHaveLength(3)
    expect(new Set(server.seen.map(source => header(source, 'Message-ID'))).size).toBe(1)
    expect(new Set(server.seen.map(links)).size).toBe(1)
    expect(links(server.seen[0] ?? '')).toHaveLength(43)
    expect(request.mails[0].attempts.map(({ code }: { code: number }) => code)).toEqual([451, 451, 250])
  })

  test("550 fails at once with the server's own words, and the caller's answer was the same 202", async () => {
    const { server, sparekey, app, ask } = await begin({
      backend,
      script: () => ({ code: 550, text: '5.1.1 no such mailbox here' }),
    })
    const request = await sparekey.status(await ask(), app.secret, 'failed')
    expect(request.reason).toContain('no such mailbox here')
    expect(server.seen).toHaveLength(1)
    const [row] = await sparekey.sql`select token_digest, seed from reset_requests where id = ${request.id}`
    expect(row).toEqual({ token_digest: null, seed: null })
  })
})

test('a line cut after DATA is unknown, then tried once more with the same Message-ID and link', async () => {
  const { server, sparekey, app, ask } = await begin({ script: n => (n === 0 ? 'cut' : 'take') })
  const id = await ask()
  const unknown = await sparekey.status(id, app.secret, 'unknown')
  expect(unknown.mails[0].attempts).toMatchObject([{ transport: `127.0.0.1:${server.port}` }])
  await sparekey.status(id, app.secret, 'sent')
  expect(server.seen).toHaveLength(2)
  expect(new Set(server.seen.map(source => header(source, 'Message-ID'))).size).toBe(1)
  expect(new Set(server.seen.map(links)).size).toBe(1)
})

test('cut after DATA twice stays unknown, is not sent a third time, and the link still works', async () => {
  const { server, sparekey, app, ask } = await begin({ script: () => 'cut' })
  const id = await ask()
  const [, token] = await Promise.all([
    sparekey.status(id, app.secret, 'unknown'),
    (async () => {
      while (server.seen.length < 2) await new Promise(resolve => setTimeout(resolve, 50))
      return links(server.seen[0] ?? '')
    })(),
  ])
  await expect
    .poll(async () => (await sparekey.sql`select status from mails where request_id = ${id}`)[0]?.status, {
      timeout: 10_000,
    })
    .toBe('unknown')
  expect(server.seen).toHaveLength(2)
  expect((await sparekey.call('POST', '/v1/reset-tokens/peek', { body: { token } })).status).toBe(200)
})

test('while no mail server can be reached no try is burnt, and the mail goes out when one is back', async () => {
  const gone = await startMailServer()
  await gone.close()
  const sparekey = await startSparekey({ backend: 'redis', smtpUrls: [gone.url] })
  opened.push(sparekey)
  const { app, ask } = await withAnna(sparekey)
  const id = await ask()
  await expect
    .poll(async () => (await sparekey.sql`select unreached, tries from mails`)[0], { timeout: 20_000 })
    .toMatchObject({ tries: 0, unreached: 2 })
  const back = await startMailServer(undefined, gone.port)
  opened.push(back)
  await sparekey.status(id, app.secret, 'sent')
  expect(back.taken).toHaveLength(1)
})

test('where the first mail server is away the second takes over at once', async () => {
  const { server, sparekey, app, ask } = await begin({ smtpUrls: [`smtp://127.0.0.1:${await freePort()}`] })
  const request = await sparekey.status(await ask(), app.secret, 'sent')
  expect(server.taken).toHaveLength(1)
  expect(request.mails[0].attempts).toHaveLength(2)
})

test('what could not be delivered in time is failed, and nothing is sent late', async () => {
  const { server, sparekey, app, ask } = await begin({ script: () => ({ code: 451, text: '4.3.0 not now' }) })
  const id = await ask()
  await expect.poll(() => server.seen.length, { timeout: 10_000 }).toBeGreaterThan(0)
  await sparekey.sql`update mails set deliver_before = now()`
  await hurry(sparekey)
  const request = await sparekey.status(id, app.secret, 'failed')
  expect(request.reason).toMatch(/^out of time: .*not now/)
  expect(server.taken).toEqual([])
})

test('two workers deliver each mail once', async () => {
  const { server, sparekey, app, ask } = await begin({})
  await sparekey.startWorker()
  const logins = Array.from({ length: 40 }, (_, i) => `crowd${i}@example.com`)
  for (const login of logins) {
    await sparekey.call('POST', '/v1/accounts', { key: app.secret, body: { login, email: login } })
  }
  const ids = await Promise.all(logins.map(ask))
  for (const id of ids) await sparekey.status(id, app.secret, 'sent')
  expect(server.seen).toHaveLength(40)
})

test('a code that is exchanged while its mail is still to be tried again keeps its new token', async () => {
  const { server, sparekey, app, ask } = await begin({ script: () => 'cut' })
  const id = await ask()
  await sparekey.status(id, app.secret, 'unknown')
  const { text = '' } = await PostalMime.parse(server.seen[0] ?? '')
  const code = /^ {4}(\d{4}) (\d{4})$/m.exec(text)
  const exchanged = await sparekey.call('POST', '/v1/reset-codes/exchange', {
    key: app.publishable,
    body: { requestId: id, code: `${code?.[1]}${code?.[2]}` },
  })
  expect(exchanged.status).toBe(200)
  await hurry(sparekey)
  const answer = await sparekey.call('POST', '/v1/password-resets', {
    body: { token: exchanged.body.token, password: 'violet kayak hums at dawn' },
  })
  expect(answer.status).toBe(200)
  await sparekey.status(id, app.secret, 'used')
  expect(server.seen.filter(source => source.includes('Reset your'))).toHaveLength(1)
})

test('a mail may be put off for longer than its link works: the time of the link counts from its arrival', async () => {
  let busy = false
  const peek = async (source = '') =>
    await sparekey.call('POST', '/v1/reset-tokens/peek', { body: { token: links(source) } })
  const beforeAnswer: number[] = []
  const { server, sparekey, app, ask } = await begin({
    script: async (_n, _to, source) => {
      if (busy) return { code: 451, text: '4.3.0 come back later' }
      beforeAnswer.push((await peek(source)).status)
      return 'take'
    },
  })
  const ben = { login: 'ben@example.com', email: 'ben@example.com' }
  await sparekey.call('POST', '/v1/accounts', { key: app.secret, body: ben })
  const sent = await ask(ben.login)
  await sparekey.status(sent, app.secret, 'sent')
  busy = true
  const id = await ask()
  await until('it was put off', async () => {
    const [tried] = await sparekey.sql`select from mail_attempts where code = 451`
    return tried ? true : undefined
  })
  await sparekey.sql`update reset_requests set expires_at = now() - interval '1 second'`
  await sparekey.status(sent, app.secret, 'expired')
  busy = false
  await hurry(sparekey)
  await sparekey.status(id, app.secret, 'sent')
  // Whatever had become of the worker then.
  expect(beforeAnswer).toEqual([200, 200])
  const { status, body } = await peek(server.taken.at(-1))
  expect(status).toBe(200)
  expect(Date.parse(body.expiresAt) - Date.now()).toBeGreaterThan(29 * 60_000)
})

test('a token that nobody used ends with its time, also where its mail never got an answer', async () => {
  const { sparekey, app, ask } = await begin({ script: () => 'cut' })
  const id = await ask()
  await sparekey.status(id, app.secret, 'unknown')
  await sparekey.sql`update mails set status = 'cancelled' where request_id = ${id}`
  await sparekey.sql`update reset_requests set status = 'sending', expires_at = now() - interval '1 second' where id = ${id}`
  await until(
    'it has expired',
    async () => {
      const [row] = await sparekey.sql`select status, token_digest from reset_requests where id = ${id}`
      return row?.status === 'expired' && row.token_digest === null ? true : undefined
    },
    45_000,
  )
})
