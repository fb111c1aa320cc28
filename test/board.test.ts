import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { backends, type Sparekey, startSparekey, until } from './support/sparekey.ts'

describe.each(backends)('the raw queue board, queues on %s', backend => {
  let sparekey: Sparekey
  beforeAll(async () => {
    sparekey = await startSparekey({ backend })
  })
  afterAll(() => sparekey?.close())
  const ask = (path: string, key?: string, method = 'GET') => sparekey.call(method, path, key ? { key } : {})

  test('is there for operators only, and asks nobody else for anything', async () => {
    for (const path of ['/dashboard/board', '/dashboard/board/api/queues', '/dashboard/board/static/js/x.js'])
      expect((await ask(path)).status).toBe(401)
    const app = await sparekey.application()
    expect((await ask('/dashboard/board', app.secret)).status).toBe(403)

    const page = await ask('/dashboard/board', sparekey.adminKey)
    expect(page.status).toBe(200)
    expect(page.body).toContain('Sparekey queues')
    expect(page.body).not.toMatch(/(href|src)="https?:/)
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'")
    const script = /src="(static\/js\/main[^"]+)"/.exec(page.body)?.[1]
    expect((await ask(`/dashboard/board/${script}`, sparekey.adminKey)).status).toBe(200)
  })

  test('lists both queues with ids as the only job data', async () => {
    const app = await sparekey.application()
    await sparekey.call('POST', '/v1/queues/mail/pause', { key: sparekey.adminKey })
    const { body: accepted } = await sparekey.call('POST', '/v1/reset-requests', {
      key: app.secret,
      body: { login: 'anna@example.com' },
    })
    // The answer waits for no queue.
    const body = await until('the job on the board', async () => {
      const path = '/dashboard/board/api/queues?activeQueue=mail&status=latest&page=1'
      const { status, body } = await ask(path, sparekey.adminKey)
      expect(status).toBe(200)
      return JSON.stringify(body).includes(accepted.id) ? body : undefined
    })
    expect(body.queues.map(({ name }: { name: string }) => name)).toEqual(['mail', 'webhook', 'housekeeping'])
    expect(JSON.stringify(body)).not.toContain('anna')
  })

  test('changes nothing: what it could do by itself would be in no audit log', async () => {
    const key = sparekey.adminKey
    const { body } = await ask('/dashboard/board/api/queues', key)
    expect(body.queues.map((queue: { readOnlyMode: boolean }) => queue.readOnlyMode)).toEqual([
      true,
      true,
      true,
    ])
    for (const [method, at] of [
      ['PUT', 'mail/pause'],
      ['PUT', 'mail/retry/failed'],
      ['PUT', 'mail/clean/failed'],
      ['PUT', 'mail/empty'],
      ['PUT', 'mail/obliterate'],
      ['POST', 'mail/add'],
      ['PATCH', 'mail/some-job/update-data'],
    ] as const)
      expect([at, (await ask(`/dashboard/board/api/queues/${at}`, key, method)).status]).toEqual([at, 405])
  })
})
