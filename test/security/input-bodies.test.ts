import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Deployment, deploy } from '../support/deployment.ts'
import { noLimits } from './support/desk.ts'
import { standIn } from './support/stand-in.ts'
import { askOnce, requestText, statusOf } from './support/wire.ts'

let deployment: Deployment
let url: string
let key: string
beforeAll(async () => {
  // In a process of its own, so that its memory can be seen.
  deployment = await deploy({ workers: 0 })
  url = deployment.apis[0].url
  const { body } = await deployment.call('POST', '/v1/applications', {
    key: deployment.adminKey,
    body: { name: 'Acme', limits: noLimits },
  })
  key = body.keys.secret
}, 120_000)
afterAll(() => deployment?.close())

const line = 'POST /v1/reset-requests'
const json = { 'Content-Type': 'application/json' }
const post = async (at: string, body: string, headers: Record<string, string> = json, to = line) =>
  statusOf(
    await askOnce(at, requestText(to, { headers: { Authorization: `Bearer ${key}`, ...headers }, body })),
  )

describe('JSON that can be read in two ways is 400', () => {
  const odd: [string, string][] = [
    ['a key twice', '{"login":"a","login":"b"}'],
    ['a key twice, once escaped', '{"login":"a","\\u006cogin":"b"}'],
    ['a key twice further in', '{"login":"a","metadata":{"x":1,"x":2}}'],
    ['an unknown key', '{"login":"a","admin":true}'],
    ['__proto__', '{"login":"a","__proto__":{"admin":true}}'],
    ['__proto__ escaped', '{"login":"a","metadata":{"\\u005f_proto__":1}}'],
    ['constructor', '{"login":"a","metadata":{"constructor":{"prototype":{}}}}'],
    ['a comment', '{"login":"a"/* */}'],
    ['a comma too many', '{"login":"a",}'],
    ['two documents', '{"login":"a"}{"login":"b"}'],
    ['NaN', '{"login":NaN}'],
    ['a list', '[{"login":"a"}]'],
    ['text', '"login"'],
    ['nothing', ''],
    ['a lone surrogate', '{"login":"\\ud800"}'],
    ['a NUL', '{"login":"a\\u0000"}'],
  ]
  test.each(odd)('%s', async (_what, body) => {
    expect(await post(url, body)).toBe(400)
  })

  test('query and body together', async () => {
    expect(await post(url, '{"login":"a"}', json, `${line}?login=b`)).toBe(400)
    expect(await post(url, '{"login":"a"}', json, `${line}?x`)).toBe(400)
  })

  test.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'text/json',
    'application/json; charset=utf-16',
    '',
  ])('a body of type "%s" is 415', async type => {
    expect(await post(url, '{"login":"a"}', type ? { 'Content-Type': type } : {})).toBe(415)
  })

  test('control: plain JSON is taken, and a server that only parses takes most of the list', async () => {
    expect(await post(url, '{"login":"a"}')).toBe(202)
    const lax = await standIn(({ body }, response) => {
      try {
        response.writeHead(typeof JSON.parse(body).login === 'string' ? 202 : 400)
      } catch {
        response.writeHead(400)
      }
    })
    const taken: number[] = []
    for (const [, body] of odd) taken.push(await post(lax.url, body))
    lax.close()
    expect(taken.filter(status => status === 202).length).toBeGreaterThan(6)
  })
})

const megabyte = 1024 * 1024
const chunked = (body: string) => {
  const chunks = body.match(/[\s\S]{1,16384}/g) ?? []
  const written = chunks.map(chunk => `${chunk.length.toString(16)}\r\n${chunk}\r\n`).join('')
  const headers = `Authorization: Bearer ${key}\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked`
  return `${line} HTTP/1.1\r\nHost: localhost\r\n${headers}\r\n\r\n${written}0\r\n\r\n`
}
const zipped = () => {
  const body = gzipSync(Buffer.from(`{"login":"${'a'.repeat(100 * megabyte)}"}`))
  const head = requestText(line, {
    headers: {
      ...json,
      Authorization: `Bearer ${key}`,
      'Content-Encoding': 'gzip',
      'Content-Length': String(body.length),
    },
  })
  return Buffer.concat([Buffer.from(head), body])
}
const whole = (body: string) =>
  requestText(line, { headers: { ...json, Authorization: `Bearer ${key}` }, body })

/** The best of several: noise only makes it longer. */
async function quickest(at: string, request: string | Buffer, tries = 7) {
  let bestMs = Number.POSITIVE_INFINITY
  let status = 0
  for (let i = 0; i < tries; i++) {
    const began = performance.now()
    status = statusOf(await askOnce(at, request))
    bestMs = Math.min(bestMs, performance.now() - began)
  }
  return { status, bestMs }
}

const bombs: [string, () => string | Buffer, number[]][] = [
  ['1 MB', () => whole(`{"login":"${'a'.repeat(megabyte)}"}`), [413]],
  ['1 MB in chunks, of no told length', () => chunked(`{"login":"${'a'.repeat(megabyte)}"}`), [413]],
  ['100 MB in a gzip of 100 kB', zipped, [413, 415]],
  ['100,000 levels', () => whole('['.repeat(100_000)), [400, 413]],
  ['60,000 levels, in 60 kB', () => whole('['.repeat(60_000)), [400]],
  ['60,000 levels of objects', () => whole('{"a":'.repeat(12_000)), [400]],
]

test.each(bombs)('a body of %s is refused within 100 ms', async (_what, make, statuses) => {
  const { status, bestMs } = await quickest(url, make())
  expect(statuses).toContain(status)
  expect(bestMs).toBeLessThan(100)
})

test('an address of 64 kB is refused within 50 ms', async () => {
  const headers = { ...json, Authorization: `Bearer ${key}` }
  for (const email of ['a'.repeat(64_000), `${'a.'.repeat(31_000)}@x.test`, `a@${'x.'.repeat(31_000)}test`]) {
    const body = JSON.stringify({ login: 'a', email })
    const { status, bestMs } = await quickest(url, requestText('POST /v1/accounts', { headers, body }))
    expect(status).toBe(400)
    expect(bestMs).toBeLessThan(50)
  }
})

const residentOf = async (at: string) => {
  const text = await (await fetch(`${at}/metrics`)).text()
  return Number(/^\S*process_resident_memory_bytes (\S+)$/m.exec(text)?.[1]) / megabyte
}

/** By how many MB a process grew while it was sent all of them, again and again. */
async function growth(at: string, rounds: number): Promise<number> {
  const requests = bombs.map(([, make]) => make())
  const send = async () => {
    for (const request of requests) await askOnce(at, request).catch(() => '')
  }
  const before = await residentOf(at)
  let most = before
  for (let i = 0; i < rounds; i++) {
    await send()
    most = Math.max(most, await residentOf(at))
  }
  return most - before
}

test('all of these take no more than 50 MB of memory', async () => {
  await growth(url, 5)
  expect(await growth(url, 15)).toBeLessThan(50)
}, 60_000)

describe('control', () => {
  let lavish: ChildProcess
  let at: string
  beforeAll(async () => {
    // Unzips and parses whatever comes, and keeps it: in a process of its own, as the API is.
    const code = `
      const { gunzipSync } = require('node:zlib')
      const kept = []
      require('node:http').createServer(async (request, response) => {
        if (request.url === '/metrics') return response.end('process_resident_memory_bytes ' + process.memoryUsage().rss)
        const chunks = []
        for await (const chunk of request) chunks.push(chunk)
        const all = Buffer.concat(chunks)
        const body = request.headers['content-encoding'] ? gunzipSync(all) : all
        kept.push(body)
        try { JSON.parse(body.toString()); response.writeHead(202) } catch { response.writeHead(400) }
        response.end()
      }).listen(0, '127.0.0.1', function () { console.log(this.address().port) })`
    lavish = spawn(process.execPath, ['-e', code], { stdio: ['ignore', 'pipe', 'inherit'] })
    const lines = createInterface(lavish.stdout as NonNullable<typeof lavish.stdout>)
    const [port] = await once(lines, 'line')
    at = `http://127.0.0.1:${port}`
  })
  afterAll(() => lavish?.kill())

  test('a server that unzips and parses everything is seen to take both time and memory', async () => {
    const { status, bestMs } = await quickest(at, zipped(), 3)
    expect(status).toBe(202)
    expect(bestMs).toBeGreaterThan(100)
    expect(await growth(at, 1)).toBeGreaterThan(50)
  })
})
