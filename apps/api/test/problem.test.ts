import { expect, test } from 'vitest'
import { adminKey, appWithout } from './app-support.ts'

const json = { 'content-type': 'application/json' }
const admin = { authorization: `Bearer ${adminKey}` }

test.each([
  ['no key', 'POST', '/v1/reset-requests', json, '{"login":"a"}', 401, 'unauthenticated'],
  ['unknown key', 'GET', '/v1/accounts', { authorization: 'Bearer sk_x' }, undefined, 401, 'unauthenticated'],
  ['admin key elsewhere', 'GET', '/v1/accounts', admin, undefined, 403, 'forbidden'],
  [
    'admin key in a browser',
    'GET',
    '/v1/applications',
    { ...admin, origin: 'https://a.test' },
    undefined,
    403,
    'forbidden',
  ],
  [
    'foreign page without a key',
    'POST',
    '/v1/password-resets',
    { ...json, origin: 'https://a.test' },
    '{}',
    403,
    'forbidden',
  ],
  ['unknown path', 'GET', '/v1/nothing', {}, undefined, 404, 'not_found'],
  ['id of a wrong form', 'GET', '/v1/applications/app_1', admin, undefined, 404, 'not_found'],
  ['other method', 'PUT', '/v1/reset-requests', {}, undefined, 405, 'method_not_allowed'],
  ['other type', 'POST', '/v1/reset-tokens/peek', {}, '{}', 415, 'unsupported_media_type'],
  [
    'compressed',
    'POST',
    '/v1/reset-tokens/peek',
    { ...json, 'content-encoding': 'gzip' },
    '{}',
    415,
    'unsupported_media_type',
  ],
  ['no JSON', 'POST', '/v1/reset-tokens/peek', json, '{', 400, 'malformed_json'],
  ['unknown member', 'POST', '/v1/reset-tokens/peek', json, '{"token":"a","x":1}', 400, 'invalid_request'],
  [
    'query with a body',
    'POST',
    '/v1/reset-tokens/peek?token=a',
    json,
    '{"token":"a"}',
    400,
    'invalid_request',
  ],
  [
    'too large',
    'POST',
    '/v1/reset-tokens/peek',
    json,
    `{"token":"${'a'.repeat(70_000)}"}`,
    413,
    'body_too_large',
  ],
  ['token of a wrong form', 'POST', '/v1/reset-tokens/peek', json, '{"token":"a"}', 410, 'token_unusable'],
] as const)('%s: a problem with its code', async (_, method, path, headers, body, status, code) => {
  const answer = await appWithout().request(path, { method, headers, body })
  expect(answer.status).toBe(status)
  expect(answer.headers.get('content-type')).toBe('application/problem+json')
  const problem = await answer.json()
  expect(problem).toMatchObject({ status, code, requestId: answer.headers.get('x-request-id') })
  if (code === 'unauthenticated') expect(answer.headers.get('www-authenticate')).toBe('Bearer')
  if (code === 'method_not_allowed') expect(answer.headers.get('allow')).toContain('POST')
})

test('every wrong field is named', async () => {
  const body = '{"password":1,"x":2}'
  const answer = await appWithout().request('/v1/password-resets', { method: 'POST', headers: json, body })
  const { errors } = (await answer.json()) as { errors: { path: string }[] }
  expect(errors.map(({ path }) => path).sort()).toEqual(['password', 'token', 'x'])
})

test('a database out of reach is 503 with Retry-After, an unknown error 500 with nothing of its message', async () => {
  const away = Object.assign(new Error('connect to secret-host'), { code: 'ECONNREFUSED' })
  const out = await appWithout(away).request('/v1/applications', { headers: admin })
  expect([out.status, out.headers.get('retry-after')]).toEqual([503, '5'])
  const broken = await appWithout(new Error('anna@example.com')).request('/v1/applications', {
    headers: admin,
  })
  expect(broken.status).toBe(500)
  expect(await broken.text()).not.toContain('anna')
})

test('readiness says what is away', async () => {
  const answer = await appWithout().request('/readyz')
  expect(answer.status).toBe(503)
  expect(await answer.json()).toEqual({ status: 'away', database: 'away', queue: 'ok' })
})
