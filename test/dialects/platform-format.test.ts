import type { DialectCore } from '@sparekey/api/dialects/core'
import { platform } from '@sparekey/api/dialects/platform'
import type { Api, Env } from '@sparekey/api/endpoint'
import { ApiError, toApiError } from '@sparekey/api/problem'
import { QueueUnavailableError } from '@sparekey/queue/errors'
import { ResetError } from '@sparekey/reset/errors'
import { Hono } from 'hono'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Sparekey, startSparekey } from '../support/sparekey.ts'

const types = 'http://schemas.servicestack.net/types'
const model = 'http://schemas.datacontract.org/2004/07/Eros.Subtle.Canvara.WebAPIModel.ServiceModel'
const instance = 'http://www.w3.org/2001/XMLSchema-instance'
const head = '<?xml version="1.0" encoding="utf-8"?>'
let sparekey: Sparekey
let base: string

beforeAll(async () => {
  sparekey = await startSparekey({ backend: 'postgres', worker: false })
  await sparekey.application({ limits: { perAddressMinute: 6000 } })
  base = `${sparekey.url}/compat/platform`
})
afterAll(() => sparekey?.close())

const rest = '/api/account/anna/passwordresettoken'
const json = '{"SubdomainName": "acme", "UserName": "anna"}'
const xml = `<GetResetPasswordToken><SubdomainName>acme</SubdomainName><UserName>anna</UserName></GetResetPasswordToken>`

test.each([
  ['a suffix beats format, Accept and type', 'JSON', `${rest}.xml?format=json`, 'application/json', 'xml'],
  ['a suffix beats a reply path', 'JSON', '/api/json/reply/GetResetPasswordToken.XML', undefined, 'xml'],
  ['a suffix beats format', 'XML', `${rest}.json?format=xml`, 'application/xml', 'json'],
  ['format beats Accept', 'JSON', `${rest}?format=xml`, 'application/json', 'xml'],
  ['format beats Accept', 'XML', `${rest}?Format=JSON`, 'application/xml', 'json'],
  ['an unknown format says nothing', 'JSON', `${rest}?format=csv`, 'application/xml', 'xml'],
  ['a reply path beats Accept', 'JSON', '/api/xml/reply/GetResetPasswordToken', 'application/json', 'xml'],
  ['a reply path beats Accept', 'XML', '/api/json/reply/GetResetPasswordToken', 'application/xml', 'json'],
  ['Accept beats the type', 'JSON', rest, 'application/xml', 'xml'],
  ['Accept beats the type', 'XML', rest, 'text/json', 'json'],
  ['the better of Accept', 'JSON', rest, 'application/json;q=0.5, text/xml;q=0.9', 'xml'],
  ['what Accept refuses', 'XML', rest, 'application/json, application/xml;q=0', 'json'],
  ['a browser’s Accept', 'JSON', rest, 'text/html,application/xml;q=0.9,*/*;q=0.8', 'xml'],
  ['*/* is the type', 'JSON', rest, '*/*', 'json'],
  ['*/* is the type', 'XML', rest, '*/*', 'xml'],
  ['application/* is the type', 'XML', rest, 'application/*', 'xml'],
  ['an Accept that names neither is the type', 'XML', rest, 'text/html', 'xml'],
  ['no body and */* is JSON', undefined, `${rest}?SubdomainName=acme`, '*/*', 'json'],
])('%s: a body of %s to %s with Accept %s is answered in %s', async (_what, body, path, accept, format) => {
  const answer = await fetch(base + path, {
    method: 'POST',
    headers: {
      ...(body ? { 'content-type': body === 'XML' ? 'application/xml' : 'application/json' } : {}),
      ...(accept ? { accept } : {}),
    },
    ...(body ? { body: body === 'XML' ? xml : json } : {}),
  })
  expect(answer.status).toBe(200)
  const isXml = format === 'xml'
  expect(answer.headers.get('content-type')).toBe(
    isXml ? 'application/xml' : 'application/json; charset=utf-8',
  )
  expect(await answer.text()).toBe(
    isXml
      ? `${head}<GetResetPasswordTokenResponse xmlns:i="${instance}" xmlns="${model}"><ResponseStatus xmlns:d2p1="${types}" i:nil="true" /></GetResetPasswordTokenResponse>`
      : '{}',
  )
})

test('a failure in XML has the members, their order and namespaces that a .NET client reads', async () => {
  const answer = await fetch(`${base}/api/xml/reply/PasswordReset`, {
    method: 'POST',
    headers: { 'content-type': 'application/xml' },
    body: '<PasswordReset><NewPassword>a</NewPassword><ConfirmPassword>b</ConfirmPassword><Token>c</Token></PasswordReset>',
  })
  expect(answer.status).toBe(400)
  expect(answer.headers.get('content-type')).toBe('application/xml')
  expect(await answer.text()).toBe(
    `${head}<PasswordResetResponse xmlns:i="${instance}" xmlns="${model}"><ResponseStatus xmlns:d2p1="${types}">` +
      '<d2p1:ErrorCode>ValidationException</d2p1:ErrorCode>' +
      '<d2p1:Message>ConfirmPassword: must be the same as NewPassword</d2p1:Message>' +
      '<d2p1:StackTrace i:nil="true" />' +
      '<d2p1:Errors><d2p1:ResponseError>' +
      '<d2p1:ErrorCode>ValidationException</d2p1:ErrorCode>' +
      '<d2p1:FieldName>ConfirmPassword</d2p1:FieldName>' +
      '<d2p1:Message>must be the same as NewPassword</d2p1:Message>' +
      '<d2p1:Meta i:nil="true" />' +
      '</d2p1:ResponseError></d2p1:Errors>' +
      '<d2p1:Meta i:nil="true" />' +
      '</ResponseStatus></PasswordResetResponse>',
  )
})

test('an unknown DTO in XML is an ErrorResponse, wholly in the namespace of the types', async () => {
  const answer = await fetch(`${base}/api/xml/reply/Nothing`, { method: 'POST' })
  expect(answer.status).toBe(404)
  expect(await answer.text()).toBe(
    `${head}<ErrorResponse xmlns:i="${instance}" xmlns="${types}"><ResponseStatus>` +
      '<ErrorCode>NotFound</ErrorCode><Message>There is nothing at this path.</Message>' +
      '<StackTrace i:nil="true" /><Errors></Errors><Meta i:nil="true" />' +
      '</ResponseStatus></ErrorResponse>',
  )
})

/** The dialect over a core that fails; what it would log is passed over. */
async function failing(error: unknown, accept: string): Promise<Response> {
  const app = new Hono<Env>()
  const undocumented = Object.assign(app, { openAPIRegistry: { registerPath() {} } }) as unknown as Api
  const byTenant = () => Promise.reject(error)
  platform(undocumented, { name: 'platform', byTenant, explain: toApiError } as unknown as DialectCore)
  const mounted = new Hono<Env>().route('/compat/platform', app)
  return await mounted.request(`/compat/platform${rest}`, { method: 'POST', headers: { accept } })
}

test.each([
  [503, 'ServiceUnavailable', '5', new QueueUnavailableError('redis://secret')],
  [500, 'InternalServerError', null, new Error('select * from secret')],
  [429, 'TooManyRequests', '7', new ResetError('rate_limited', 'Too many.', { retryAfter: 6.5 })],
])(
  '%i is %s with Retry-After %s, and tells nothing of the cause',
  async (status, code, retryAfter, error) => {
    const inJson = await failing(error, 'application/json')
    expect([inJson.status, inJson.headers.get('retry-after')]).toEqual([status, retryAfter])
    const text = await inJson.text()
    expect(Object.keys(JSON.parse(text).ResponseStatus)).toEqual(['ErrorCode', 'Message', 'Errors'])
    const inXml = await failing(error, 'application/xml')
    expect(inXml.status).toBe(status)
    for (const body of [text, await inXml.text()]) {
      expect(body).toContain(code)
      expect(body).not.toContain('secret')
    }
  },
)

test('text of an error is text in XML too, without what XML has no place for', async () => {
  const errors = [{ path: '<a b="c">&\'', message: 'line\nfeed\u0000\uD800' }]
  const answer = await failing(new ApiError('invalid_request', 'x', { errors }), 'application/xml')
  const text = await answer.text()
  expect(text).toContain('<d2p1:FieldName>&lt;a b=&quot;c&quot;&gt;&amp;&apos;</d2p1:FieldName>')
  expect(text).toContain('<d2p1:Message>line\uFFFDfeed\uFFFD\uFFFD</d2p1:Message>')
})
