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
    await until('the counts', async () => {
      const { servers, totals } = await stats()
      // The notice that follows the mail with the link, too.
      return (servers[0]?.accepted === 2 && JSON.stringify(totals) === JSON.stringify(wanted)) || undefined
    })
    // Asked anew: its parts are read side by side, and the last counts may have come between them.
    const seen = await stats()
    expect(seen.ignoredBy).toEqual({ no_account: 1, suppressed: 0, recipient_limit: 0, duplicate: 0 })
    expect(seen.latency).toMatchObject({ count: 1, p50: expect.any(Number), p99: expect.any(Number) })
    expect(seen.series.reduce((sum: number, { accepted }: Json) => sum + accepted, 0)).toBe(2)
    expect(seen.series).toHaveLength(5)
    expect(seen.applications).toMatchObject([{ id: app.id, slug: app.slug, accepted: 2, used: 1 }])
    expect(seen.dialects).toMatchObject([{ name: 'sparekey', accepted: 2 }])
    for (const window of ['1h', '24h', '7d']) expect((await stats(`window=${window}`)).totals).toEqual(wanted)
    expect((await stats(`window=1h&applicationId=${app.id}`)).totals).toEqual(wanted)
    const [{ server } = { server: '' }] = seen.servers
    const own = [`applicationId=${app.id}`, 'dialect=sparekey', `applicationId=${app.id}&dialect=sparekey`]
    for (const query of own) {
      const body = await stats(`window=1h&${query}`)
      expect(body.totals).toEqual(wanted)
      expect(body.servers).toMatchObject([{ server, accepted: 2, refused: 0 }])
      expect(body.applications).toMatchObject([{ id: app.id, ...wanted }])
      expect(body.dialects).toMatchObject([{ name: 'sparekey', ...wanted }])
    }
    const other = await sparekey.application({ name: 'Quiet' })
    const others = ['dialect=akinon', `applicationId=${app.id}&dialect=akinon`, `applicationId=${other.id}`]
    for (const query of others) {
      const body = await stats(`window=1h&${query}`)
      expect(body.totals).toMatchObject({ accepted: 0, sent: 0 })
      expect([body.servers, body.applications, body.dialects]).toEqual([[], [], []])
    }
    expect((await admin('GET', '/v1/stats?window=2h')).status).toBe(400)
  })

  test('a paused queue keeps what comes in; it goes out when it is resumed', async () => {
    await account('paused@example.com')
    expect(await admin('POST', '/v1/queues/mail/pause')).toMatchObject({
      status: 200,
      body: { paused: true },
    })
    const id = await asked('paused@example.com')
    // The answer waits for no queue.
    const items = await until('the job to wait', async () => {
      const { items } = (await admin('GET', '/v1/queues')).body
      return items[0].counts.waiting > 0 ? items : undefined
    })
    expect(items).toMatchObject([
      { name: 'mail', paused: true, counts: { waiting: 1 }, oldestWaitingSeconds: expect.any(Number) },
      { name: 'webhook', oldestWaitingSeconds: null },
      { name: 'housekeeping', oldestWaitingSeconds: null },
    ])
    const jobs = (await admin('GET', '/v1/queues/mail/jobs?state=waiting')).body
    expect(jobs).toMatchObject({
      items: [{ id, state: 'waiting', data: { requestId: id } }],
      nextCursor: null,
    })
    const waits = async (query: string) => (await stats(query)).waiting
    const own = [
      '',
      `applicationId=${app.id}`,
      `applicationId=${app.id}&dialect=sparekey`,
      'dialect=sparekey',
    ]
    for (const query of own)
      expect(await waits(query)).toMatchObject({ requests: 1, oldestSeconds: expect.any(Number) })
    const other = await sparekey.application({ name: 'Quiet' })
    for (const query of [`applicationId=${other.id}`, `applicationId=${app.id}&dialect=nile`, 'dialect=nile'])
      expect(await waits(query)).toEqual({ requests: 0, oldestSeconds: null })
    expect(sparekey.mails('paused@example.com')).toEqual([])
    expect(await admin('POST', '/v1/queues/mail/resume')).toMatchObject({ body: { paused: false } })
    await sparekey.mail('paused@example.com')
    expect((await admin('GET', '/v1/queues/nothing/jobs?state=failed')).status).toBe(404)
  })

  test('a request that is sent again waits since then, not since it was first asked for', async () => {
    const id = await asked('again@example.com')
    await sparekey.status(id, app.secret, 'ignored')
    await sparekey.sql`update reset_requests set created_at = now() - interval '20 days' where id = ${id}`
    await admin('POST', '/v1/queues/mail/pause')
    try {
      expect((await admin('POST', `/v1/reset-requests/${id}/resend`)).body.status).toBe('accepted')
      const { waiting } = await stats()
      expect(waiting.requests).toBe(1)
      expect(waiting.oldestSeconds).toBeLessThan(3_600)
      const metrics = await (await fetch(`${sparekey.url}/metrics`)).text()
      expect(Number(/^sparekey_oldest_waiting_seconds (\S+)$/m.exec(metrics)?.[1])).toBeLessThan(3_600)
    } finally {
      await admin('POST', '/v1/queues/mail/resume')
    }
    await sparekey.status(id, app.secret, 'ignored')
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

  test('the stream tells figures until it is left, who joins the last ones at once, and knows the worker', async () => {
    const left = new AbortController()
    /** The stream's first figures; it stays open. */
    async function watch() {
      const { headers, body } = await fetch(`${sparekey.url}/v1/stream`, {
        headers: { authorization: `Bearer ${sparekey.adminKey}` },
        signal: left.signal,
      })
      expect(headers.get('content-type')).toContain('text/event-stream')
      const reader = (body as ReadableStream<Uint8Array>).pipeThrough(new TextDecoderStream()).getReader()
      let text = ''
      while (!text.includes('\n\n')) text += (await reader.read()).value ?? ''
      const [event = '', data = ''] = text.split('\n')
      expect(event).toBe('event: figures')
      return JSON.parse(data.replace(/^data: /, ''))
    }
    const figures = await watch()
    // Not every time: the next ones may be read just then.
    await until('figures from before somebody joined', async () => {
      const joined = Date.now()
      return Date.parse((await watch()).at) <= joined || undefined
    })
    left.abort()
    expect(figures).toMatchObject({
      queues: [{ name: 'mail' }, { name: 'webhook' }, { name: 'housekeeping' }],
      stats: { window: '5m' },
    })
    expect(figures.workers).toMatchObject([{ concurrency: 10, busy: expect.any(Number) }])
    expect(figures.workers[0].alive).toBe(true)
    expect((await admin('GET', '/v1/workers')).body.items).toHaveLength(1)
  })

  test('a worker that went away without a word is listed as not alive for five minutes', async () => {
    const seen = (id: string, secondsAgo: number) => sparekey.sql`
      insert into workers (id, host, pid, concurrency, busy, seen_at)
      values (${id}, 'gone.example', 1, 10, 3, now() - make_interval(secs => ${secondsAgo}))`
    await Promise.all([seen('missed', 60), seen('forgotten', 400)])
    const { items } = (await admin('GET', '/v1/workers')).body
    expect(items.map(({ id, alive }: Json) => ({ known: id === 'missed', alive }))).toEqual([
      { known: false, alive: true },
      { known: true, alive: false },
    ])
    await sparekey.sql`delete from workers where host = 'gone.example'`
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
