import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Webhook } from 'standardwebhooks'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { allowList, isPublic } from '../src/address.ts'
import { open } from '../src/open.ts'
import { post } from '../src/post.ts'
import { makeSigningSecret, signedHeaders } from '../src/sign.ts'

const loopback = allowList(['127.0.0.0/8', '::1'])
const nothing = allowList([])
const got: { headers: IncomingMessage['headers']; body: string; url: string }[] = []
let answer: { status: number; headers?: Record<string, string> } = { status: 204 }
const receiver = createServer(async (request, response) => {
  let body = ''
  for await (const chunk of request) body += chunk
  got.push({ headers: request.headers, body, url: request.url ?? '' })
  response.writeHead(answer.status, answer.headers).end('x'.repeat(100_000))
})
let port: number
beforeAll(async () => {
  receiver.listen(0, '127.0.0.1')
  await once(receiver, 'listening')
  port = (receiver.address() as AddressInfo).port
})
afterAll(() => receiver.close())

const here = (options: object = {}) =>
  post({ url: `http://hook.test:${port}/in`, headers: {}, body: '{}', allowed: loopback, lookup, ...options })
const lookup = async () => [{ address: '127.0.0.1', family: 4 }]

describe('a delivery', () => {
  test('is signed so that old and new secret verify, and another does not', async () => {
    answer = { status: 204 }
    const [old, fresh] = [makeSigningSecret(), makeSigningSecret()]
    const body = JSON.stringify({ type: 'reset.used' })
    const headers = signedHeaders([fresh, old], { id: 'msg_1', at: new Date(), body })
    expect(await here({ headers, body })).toMatchObject({ delivered: true, status: 204 })
    const seen = got.at(-1)
    for (const secret of [old, fresh])
      expect(new Webhook(secret).verify(seen?.body ?? '', seen?.headers as Record<string, string>)).toEqual({
        type: 'reset.used',
      })
    expect(() =>
      new Webhook(makeSigningSecret()).verify(seen?.body ?? '', seen?.headers as Record<string, string>),
    ).toThrow()
  })

  test('that is answered with an error or a redirect is none; a redirect is not followed', async () => {
    answer = { status: 500, headers: { 'retry-after': '7' } }
    expect(await here()).toMatchObject({ delivered: false, status: 500, error: 'status', retryAfter: 7 })
    answer = { status: 302, headers: { location: `http://127.0.0.1:${port}/else` } }
    const before = got.length
    expect(await here()).toMatchObject({ delivered: false, status: 302, error: 'redirect' })
    expect(got.length).toBe(before + 1)
  })

  test('goes to no address that is not public, by number or by name, and not where one of several is private', async () => {
    const before = got.length
    for (const url of [`http://127.0.0.1:${port}/`, `http://[::1]:${port}/`, `http://0.0.0.0:${port}/`])
      expect(await post({ url, headers: {}, body: '{}', allowed: nothing })).toMatchObject({
        error: 'address_not_allowed',
      })
    expect(await here({ allowed: nothing })).toMatchObject({ error: 'address_not_allowed' })
    const mixed = async () => [
      { address: '93.184.216.34', family: 4 },
      { address: '10.0.0.1', family: 4 },
    ]
    expect(await here({ allowed: nothing, lookup: mixed })).toMatchObject({ error: 'address_not_allowed' })
    expect(got.length).toBe(before)
  })

  test('goes by plain http only where the allow-list says so', async () => {
    const before = got.length
    const outside = async () => [{ address: '93.184.216.34', family: 4 }]
    for (const allowed of [loopback, nothing])
      expect(await here({ lookup: outside, allowed })).toMatchObject({ error: 'not_secure' })
    expect(got.length).toBe(before)
    answer = { status: 204 }
    expect(await here()).toMatchObject({ delivered: true })
  })

  test('to a name that leads nowhere is unreachable', async () => {
    const failing = async () => Promise.reject(new Error('ENOTFOUND'))
    expect(await here({ lookup: failing })).toMatchObject({ delivered: false, error: 'unreachable' })
  })

  test('whose name server never answers is over at its deadline', async () => {
    const question = { url: 'http://hook.test/', headers: {}, body: '{}', allowed: loopback, deadlineMs: 100 }
    const silent = () => new Promise<never>(() => {})
    expect(await open({ ...question, lookup: silent })).toEqual({ error: 'timeout' })
  })
})

test.each([
  ['8.8.8.8', true],
  ['2606:4700:4700::1111', true],
  ['127.0.0.1', false],
  ['10.1.2.3', false],
  ['172.16.0.1', false],
  ['192.168.1.1', false],
  ['169.254.169.254', false],
  ['169.254.170.2', false],
  ['168.63.129.16', false],
  ['::ffff:168.63.129.16', false],
  ['::ffff:a83f:8110', false],
  ['168.63.129.17', true],
  ['100.100.100.200', false],
  ['192.0.0.192', false],
  ['fd00:ec2::254', false],
  ['fd20:ce::254', false],
  ['fe80::a9fe:a9fe', false],
  ['100.64.0.1', false],
  ['0.0.0.0', false],
  ['224.0.0.1', false],
  ['255.255.255.255', false],
  ['198.18.0.1', false],
  ['192.0.2.1', false],
  ['::1', false],
  ['::', false],
  ['fe80::1', false],
  ['fc00::1', false],
  ['::ffff:10.0.0.1', false],
  ['::ffff:169.254.169.254', false],
  ['64:ff9b::a00:1', false],
  ['2002:a00:1::', false],
  ['2001:db8::1', false],
  ['ff02::1', false],
  ['not an address', false],
])('%s is public: %s', (address, expected) => {
  expect(isPublic(address)).toBe(expected)
})
