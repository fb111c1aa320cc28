import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Sparekey, startSparekey } from './support/sparekey.ts'

const origin = 'https://app.example.com'

let sparekey: Sparekey
let app: Awaited<ReturnType<Sparekey['application']>>

beforeAll(async () => {
  sparekey = await startSparekey({ worker: false, env: { PUBLIC_URL: 'https://reset.example.com' } })
  app = await sparekey.application({ redirectOrigins: [origin] })
})
afterAll(() => sparekey?.close())

const ask = (login: string, headers = {}) =>
  sparekey.call('POST', '/v1/reset-requests', { key: app.publishable, body: { login }, headers })

describe('what every answer of the API says in its head', () => {
  const answers = [
    { what: '202', status: 202, get: () => ask('nobody@example.com') },
    { what: '400', status: 400, get: () => ask('') },
    { what: '401', status: 401, get: () => sparekey.call('GET', '/v1/accounts') },
    { what: '404', status: 404, get: () => sparekey.call('GET', '/v1/nothing') },
    {
      what: '200 of a list',
      status: 200,
      get: () => sparekey.call('GET', '/v1/accounts', { key: app.secret }),
    },
    {
      what: '401 of a dialect',
      status: 401,
      get: () => sparekey.call('POST', '/compat/payabli/api/User/authreset', { body: {} }),
    },
  ]
  test.each(answers)('$what: its own id, nosniff, HSTS', async ({ status, get }) => {
    const [first, second] = [await get(), await get()]
    expect(first.status).toBe(status)
    expect(first.headers.get('x-content-type-options')).toBe('nosniff')
    expect(first.headers.get('strict-transport-security')).toMatch(/^max-age=\d{7,}/)
    const ids = [first, second].map(({ headers }) => headers.get('x-request-id'))
    expect(ids).toEqual([expect.stringMatching(/^call_\w{26}$/), expect.stringMatching(/^call_\w{26}$/)])
    expect(ids[0]).not.toBe(ids[1])
  })

  test.each(answers)('$what: kept by nobody', async ({ get }) => {
    expect((await get()).headers.get('cache-control')).toBe('no-store')
  })
})

test('a browser on an allowed origin may ask', async () => {
  const preflight = await sparekey.call('OPTIONS', '/v1/reset-requests', {
    headers: {
      origin,
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'authorization',
    },
  })
  expect(preflight.status).toBe(204)
  const answer = await ask('nobody@example.com', { origin })
  expect(answer.status).toBe(202)
  expect(answer.headers.get('access-control-allow-origin')).toBe(origin)
})
