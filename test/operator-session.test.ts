import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Json, type Sparekey, startSparekey } from './support/sparekey.ts'

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

    // Signing out once more, without a session, leaves no trace.
    expect((await call('DELETE', '/v1/session', session)).status).toBe(204)
    const { items } = (await sparekey.call('GET', '/v1/audit?limit=3', { key: sparekey.adminKey })).body
    expect(items.map(({ action }: Json) => action)).toEqual(['session.close', 'queue.resume', 'session.open'])
  })

  test('ends with the key that opened it: another key, on the same database, does not know it', async () => {
    const session = (await signIn(sparekey.adminKey)).headers.get('set-cookie')?.split(';')[0] ?? ''
    const other = await startSparekey({
      worker: false,
      database: { url: sparekey.databaseUrl, drop: async () => {} },
    })
    try {
      const headers = { cookie: session, ...own }
      expect((await other.call('GET', '/v1/queues', { headers })).status).toBe(401)
      expect((await other.call('GET', '/v1/session', { headers })).status).toBe(401)
      expect((await call('GET', '/v1/queues', session)).status).toBe(200)
    } finally {
      await other.close()
    }
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
    const look = async (cookie: string, headers = {}, path = '/v1/workers') =>
      (await other.call('GET', path, { headers: { cookie, ...own, ...headers } })).status
    try {
      const idle = await open()
      await other.sql`update operator_sessions set seen_at = now() - interval '29 minutes'`
      expect(await look(idle, { 'sparekey-idle': '1' })).toBe(200)
      // The queue board asks by itself, every five seconds.
      expect(await look(idle, {}, '/dashboard/board/api/queues?activeQueue=mail&page=1')).toBe(200)
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
