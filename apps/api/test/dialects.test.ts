import { expect, test } from 'vitest'
import { appWithout } from './app-support.ts'

interface Document {
  tags: { name: string }[]
  paths: Record<string, Record<string, { tags: string[] }>>
}

/** A call of each dialect that gets as far as the database, and what its vendor's errors look like. */
const calls = [
  {
    path: '/compat/akinon/api/v1/auth/generate-reset-token',
    headers: { authorization: `Bearer sk_${'a'.repeat(43)}` },
    body: { username: 'anna@example.com' },
    shape: { validationError: expect.any(Object) },
  },
  {
    path: '/compat/payabli/api/User/authreset',
    headers: { requestToken: `sk_${'a'.repeat(43)}` },
    body: { email: 'anna@example.com' },
    shape: { isSuccess: false, responseData: expect.any(Object) },
  },
  {
    path: '/compat/autoshares/api/v1.0/users/password/reset',
    headers: { 'Et-App-Key': `sk_${'a'.repeat(43)}` },
    body: { User: 'anna@example.com' },
    shape: { Errors: [expect.any(String)], ErrorsCode: [expect.any(String)], IsSucceed: false },
  },
  {
    path: '/compat/platform/api/account/anna/passwordresettoken',
    headers: {},
    body: { SubdomainName: 'acme' },
    shape: { ResponseStatus: { ErrorCode: expect.any(String), Message: expect.any(String) } },
  },
  {
    path: '/compat/nile/v2/databases/acme/auth/reset-password',
    headers: {},
    body: { email: 'anna@example.com', redirectUrl: 'https://a.test/', callbackUrl: 'https://a.test/' },
    shape: undefined,
  },
]
const faults: [string, Error, number][] = [
  ['the database away', Object.assign(new Error('connect to db.internal'), { code: 'ECONNREFUSED' }), 503],
  ['a bug', new TypeError('undefined is not a function near db.internal'), 500],
]

test.each(faults)(
  '%s is told by each dialect in its vendor’s shape, without a word of the cause',
  async (_what, failure, status) => {
    for (const { path, headers, body, shape } of calls) {
      const answer = await appWithout(failure, { keys: 'failing' }).request(path, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...(headers as Record<string, string>) },
        body: JSON.stringify(body),
      })
      const text = await answer.text()
      expect({ path, status: answer.status }).toEqual({ path, status })
      expect(text).not.toMatch(/internal|undefined|ECONN|<|urn:/)
      if (shape) expect(JSON.parse(text)).toMatchObject(shape)
      else expect(answer.headers.get('content-type')).toMatch(/^text\/plain/)
      if (status === 503) expect(answer.headers.get('retry-after')).toMatch(/^\d+$/)
    }
  },
)

test('each dialect has its calls in the OpenAPI document, under its own tag', async () => {
  const document = (await (await appWithout().request('/openapi.json')).json()) as Document
  for (const name of ['akinon', 'payabli', 'nile', 'platform', 'autoshares']) {
    expect(document.tags.map(tag => tag.name)).toContain(name)
    const paths = Object.entries(document.paths)
      .filter(([, methods]) => Object.values(methods).some(({ tags }) => tags.includes(name)))
      .map(([path]) => path)
    expect(paths.length).toBeGreaterThan(1)
    for (const path of paths) expect(path.startsWith(`/compat/${name}/`)).toBe(true)
  }
})
