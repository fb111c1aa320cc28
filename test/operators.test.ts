import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { backends, type Json, type Sparekey, startSparekey, tokenOf, until } from './support/sparekey.ts'

const password = 'violet kayak hums at dawn'

describe.each(backends)('operators, queues on %s', backend => {
  let sparekey: Sparekey
  let app: Awaited<ReturnType<Sparekey['application']>>
  beforeAll(async () => {
    sparekey = await startSparekey({ backend })
    app = await sparekey.application()
  })
  afterAll(() => sparekey?.close())

  const admin = (method: string, path: string, body?: unknown) =>
    sparekey.call(method, path, { key: sparekey.adminKey, ...(body === undefined ? {} : { body }) })
  async function asked(login: string, key = app.secret): Promise<string> {
    return (await sparekey.call('POST', '/v1/reset-requests', { key, body: { login } })).body.id
  }
  async function account(login: string): Promise<void> {
    const body = { login, email: login }
    expect((await sparekey.call('POST', '/v1/accounts', { key: app.secret, body })).status).toBe(201)
  }
  const stats = async (query = 'window=5m') => (await admin('GET', `/v1/stats?${query}`)).body

  test('what happens is counted: accepted, sent, used and ignored by reason, with the time it took', async () => {
    await account('counted@example.com')
    await asked('counted@example.com')
    const token = tokenOf(await sparekey.mail('counted@example.com'))
    await sparekey.call('POST', '/v1/password-resets', { body: { token, password } })
    await asked('nobody@example.com')

    const wanted = { accepted: 2, sent: 1, failed: 0, ignored: 1, used: 1 }
    const seen = await until('the counts', async () => {
      const body = await stats()
      return JSON.stringify(body.totals) === JSON.stringify(wanted) ? body : undefined
    })
    expect(seen.ignoredBy).toEqual({ no_account: 1, recipient_limit: 0, duplicate: 0 })
    expect(seen.latency).toMatchObject({ count: 1, p50: expect.any(Number), p99: expect.any(Number) })
    expect(seen.servers[0]).toMatchObject({ accepted: expect.any(Number), refused: 0 })
    expect(seen.series.reduce((sum: number, { accepted }: Json) => sum + accepted, 0)).toBe(2)
    expect(seen.series).toHaveLength(5)
    expect(seen.applications).toMatchObject([{ id: app.id, slug: app.slug, accepted: 2, used: 1 }])
    expect(seen.dialects).toMatchObject([{ name: 'sparekey', accepted: 2 }])
    for (const window of ['1h', '24h', '7d']) expect((await stats(`window=${window}`)).totals).toEqual(wanted)
    expect((await stats(`window=1h&applicationId=${app.id}`)).totals).toEqual(wanted)
    expect((await stats('window=1h&dialect=akinon')).totals).toMatchObject({ accepted: 0 })
    expect((await admin('GET', '/v1/stats?window=2h')).status).toBe(400)
  })

  test('a paused queue keeps what comes in; it goes out when it is resumed', async () => {
    await account('paused@example.com')
    expect(await admin('POST', '/v1/queues/mail/pause')).toMatchObject({
      status: 200,
      body: { paused: true },
    })
    const id = await asked('paused@example.com')
    const { items } = (await admin('GET', '/v1/queues')).body
    expect(items).toMatchObject([
      { name: 'mail', paused: true, counts: { waiting: 1 } },
      { name: 'webhook' },
      { name: 'housekeeping' },
    ])
    const jobs = (await admin('GET', '/v1/queues/mail/jobs?state=waiting')).body
    expect(jobs).toMatchObject({
      items: [{ id, state: 'waiting', data: { requestId: id } }],
      nextCursor: null,
    })
    expect((await stats()).waiting).toMatchObject({ requests: 1, oldestSeconds: expect.any(Number) })
    expect(sparekey.mails('paused@example.com')).toEqual([])
    expect(await admin('POST', '/v1/queues/mail/resume')).toMatchObject({ body: { paused: false } })
    await sparekey.mail('paused@example.com')
    expect(await admin('POST', '/v1/queues/mail/retry', {})).toMatchObject({
      status: 200,
      body: { retried: 0 },
    })
    expect((await admin('GET', '/v1/queues/nothing/jobs?state=failed')).status).toBe(404)
  })

  test('requests of all applications are searched by login, status, dialect and time, and mended', async () => {
    const other = await sparekey.application({ name: 'Other' })
    const ids = [await asked('where@example.com'), await asked('where@example.com', other.secret)]
    const search = async (query: string, key = sparekey.adminKey) =>
      (await sparekey.call('GET', `/v1/reset-requests?${query}`, { key })).body.items.map(
        ({ id }: Json) => id,
      )
    expect(await search('login=where@example.com')).toEqual([...ids].reverse())
    expect(await search(`login=where@example.com&applicationId=${other.id}`)).toEqual([ids[1]])
    expect(await search('login=where@example.com&dialect=nile')).toEqual([])
    expect(await search('login=where@example.com&from=2100-01-01T00:00:00Z')).toEqual([])
    expect(await search('login=where@example.com&to=2100-01-01T00:00:00Z')).toHaveLength(2)
    expect(await search(`applicationId=${other.id}`, app.secret)).toEqual([])
    expect(await search('login=where@example.com', app.secret)).toEqual([ids[0]])
    await sparekey.status(ids[1] ?? '', other.secret, 'ignored')
    expect((await admin('GET', `/v1/reset-requests/${ids[1]}`)).body).toMatchObject({
      applicationId: other.id,
      status: 'ignored',
    })
    expect((await admin('POST', `/v1/reset-requests/${ids[1]}/resend`)).body.status).toBe('accepted')
    const foreign = { key: app.secret }
    expect((await sparekey.call('GET', `/v1/reset-requests/${ids[1]}`, foreign)).status).toBe(404)
    expect((await sparekey.call('POST', `/v1/reset-requests/${ids[1]}/cancel`, foreign)).status).toBe(404)
  })

  test('the stream tells figures until it is left, and knows the worker', async () => {
    const left = new AbortController()
    const response = await fetch(`${sparekey.url}/v1/stream`, {
      headers: { authorization: `Bearer ${sparekey.adminKey}` },
      signal: left.signal,
    })
    expect(response.headers.get('content-type')).toContain('text/event-stream')
    let text = ''
    for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
      text += chunk
      if (text.split('\n\n').length > 2) break
    }
    left.abort()
    const [event = '', data = ''] = text.split('\n')
    expect(event).toBe('event: figures')
    const figures = JSON.parse(data.replace(/^data: /, ''))
    expect(figures).toMatchObject({
      queues: [{ name: 'mail' }, { name: 'webhook' }, { name: 'housekeeping' }],
      stats: { window: '5m' },
    })
    expect(figures.workers).toMatchObject([{ concurrency: 10, busy: expect.any(Number) }])
    expect((await admin('GET', '/v1/workers')).body.items).toHaveLength(1)
  })

  test('mails are shown with made-up values, and one is sent by the real path whose token opens nothing', async () => {
    for (const template of ['reset', 'code', 'notice']) {
      const { status, body } = await admin(
        'GET',
        `/v1/applications/${app.id}/mail-previews/${template}?locale=de`,
      )
      expect(status).toBe(200)
      expect(body.html).toContain('lang="de"')
      expect(body.text).toContain('Anna')
    }
    const sent = await admin('POST', `/v1/applications/${app.id}/test-mails`, { to: 'me@example.com' })
    expect(sent.status).toBe(202)
    const token = tokenOf(await sparekey.mail('me@example.com'))
    const used = await sparekey.call('POST', '/v1/password-resets', { body: { token, password } })
    expect(used.status).toBe(410)
    const redeemed = await sparekey.call('POST', '/v1/reset-tokens/redeem', {
      key: app.secret,
      body: { token },
    })
    expect(redeemed.status).toBe(410)
  })

  test('nothing of it is there without the admin key', async () => {
    for (const [method, path] of [
      ['GET', '/v1/queues'],
      ['GET', '/v1/queues/mail/jobs?state=failed'],
      ['POST', '/v1/queues/mail/pause'],
      ['GET', '/v1/stats'],
      ['GET', '/v1/stream'],
      ['GET', '/v1/workers'],
      ['GET', `/v1/applications/${app.id}/mail-previews/reset`],
    ] as const) {
      expect((await sparekey.call(method, path)).status).toBe(401)
      expect((await sparekey.call(method, path, { key: app.secret })).status).toBe(403)
    }
  })
})

describe('an operator’s session', () => {
  let sparekey: Sparekey
  beforeAll(async () => {
    sparekey = await startSparekey()
  })
  afterAll(() => sparekey?.close())

  const own = { 'sec-fetch-site': 'same-origin' }
  const signIn = (key: string, headers: Record<string, string> = own) =>
    sparekey.call('POST', '/v1/session', { body: { key }, headers })
  const call = (method: string, path: string, cookie: string, headers: Record<string, string> = own) =>
    sparekey.call(method, path, { headers: { cookie, ...headers } })

  test('opens with the admin key, works from our own pages only, and ends at sign-out', async () => {
    const answer = await signIn(sparekey.adminKey)
    expect(answer).toMatchObject({ status: 200, body: { expiresAt: expect.any(String) } })
    expect(answer.headers.get('set-cookie')).toMatch(
      /^sparekey=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict$/,
    )
    const session = answer.headers.get('set-cookie')?.split(';')[0] ?? ''
    expect((await call('GET', '/v1/session', session)).status).toBe(200)
    expect((await call('GET', '/v1/queues', session)).status).toBe(200)
    expect((await call('POST', '/v1/queues/mail/resume', session)).status).toBe(200)
    const foreigners: Record<string, string>[] = [
      { 'sec-fetch-site': 'cross-site', origin: 'https://evil.test' },
      { origin: 'null' },
      {},
    ]
    for (const foreign of foreigners)
      expect((await call('POST', '/v1/queues/mail/resume', session, foreign)).status).toBe(403)
    expect((await call('DELETE', '/v1/session', session)).status).toBe(204)
    expect((await call('GET', '/v1/queues', session)).status).toBe(401)
    expect((await call('GET', '/v1/session', session)).status).toBe(401)
  })

  test('is not opened by a wrong key or from another page, and tries are limited', async () => {
    expect((await signIn('wrong')).status).toBe(401)
    expect((await signIn(sparekey.adminKey, { origin: 'https://evil.test' })).status).toBe(403)
    const tries = await Promise.all(Array.from({ length: 12 }, () => signIn('wrong')))
    expect(tries.map(({ status }) => status)).toContain(429)
  })

  test('ends after half an hour without a touch, and after twelve hours in any case', async () => {
    const other = await startSparekey()
    const open = async () => {
      const body = { key: other.adminKey }
      const { headers } = await other.call('POST', '/v1/session', { body, headers: own })
      return headers.get('set-cookie')?.split(';')[0] ?? ''
    }
    const look = async (cookie: string, headers = {}) =>
      (await other.call('GET', '/v1/workers', { headers: { cookie, ...own, ...headers } })).status
    try {
      const idle = await open()
      await other.sql`update operator_sessions set seen_at = now() - interval '29 minutes'`
      expect(await look(idle, { 'sparekey-idle': '1' })).toBe(200)
      await other.sql`update operator_sessions set seen_at = seen_at - interval '2 minutes'`
      expect(await look(idle)).toBe(401)
      const busy = await open()
      await other.sql`update operator_sessions set seen_at = now() - interval '29 minutes'`
      expect(await look(busy)).toBe(200)
      await other.sql`update operator_sessions set seen_at = seen_at - interval '2 minutes'`
      expect(await look(busy)).toBe(200)
      await other.sql`update operator_sessions set created_at = now() - interval '13 hours', seen_at = now()`
      expect(await look(busy)).toBe(401)
    } finally {
      await other.close()
    }
  })
})
