import { readFile, writeFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Deployment, deploy } from '../support/deployment.ts'
import { bombNames, longAddresses, makeBombs, startLavish } from './support/bombs.ts'
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

test.each(bombNames)('a body of %s is refused', async what => {
  const { request, statuses } = makeBombs(key)[what]
  expect(statuses).toContain(statusOf(await askOnce(url, request)))
})

test('an address of 64 kB is refused', async () => {
  for (const email of longAddresses)
    expect(await post(url, JSON.stringify({ login: 'a', email }), json, 'POST /v1/accounts')).toBe(400)
})

/**
 * By how many MB the most that a process ever held grew while it was sent all of them, again and again. By Linux's own
 * books, so that what is held in the midst of a request counts, too.
 */
async function growth(at: string, pid: number, rounds: number): Promise<number> {
  const requests = Object.values(makeBombs(key)).map(({ request }) => request)
  const megabytes = async (name: 'VmRSS' | 'VmHWM') => {
    const status = await readFile(`/proc/${pid}/status`, 'utf8')
    return Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1]) / 1024
  }
  // Forgets the most so far, which was at its start.
  await writeFile(`/proc/${pid}/clear_refs`, '5')
  const before = await megabytes('VmRSS')
  for (let i = 0; i < rounds; i++) for (const request of requests) await askOnce(at, request).catch(() => '')
  return (await megabytes('VmHWM')) - before
}

describe.skipIf(process.platform !== 'linux')('the memory that all of these take', () => {
  test('is no more than 50 MB, of an API that has had only ordinary calls so far', async () => {
    const { pid = 0 } = deployment.apis[0].child
    for (let i = 0; i < 300; i++) expect(await post(url, `{"login":"person${i}"}`)).toBe(202)
    expect(await growth(url, pid, 20)).toBeLessThan(50)
  })

  test('control: is seen in a server that unzips and parses everything, though it keeps nothing', async () => {
    const lavish = await startLavish()
    expect(await growth(lavish.url, lavish.pid, 1)).toBeGreaterThan(50)
    lavish.close()
  })
})
