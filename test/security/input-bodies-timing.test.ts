import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Deployment, deploy } from '../support/deployment.ts'
import { bombNames, longAddresses, makeBombs, startLavish } from './support/bombs.ts'
import { noLimits } from './support/desk.ts'
import { askOnce, requestText } from './support/wire.ts'

let deployment: Deployment
let url: string
let key: string
beforeAll(async () => {
  // In a process of its own, so that what this one does is not measured.
  deployment = await deploy({ workers: 0 })
  url = deployment.apis[0].url
  const { body } = await deployment.call('POST', '/v1/applications', {
    key: deployment.adminKey,
    body: { name: 'Acme', limits: noLimits },
  })
  key = body.keys.secret
}, 120_000)
afterAll(() => deployment?.close())

/** Milliseconds until an answer, the best of several: noise only makes it longer. */
async function quickest(at: string, request: string | Buffer, tries = 7): Promise<number> {
  let bestMs = Number.POSITIVE_INFINITY
  for (let i = 0; i < tries; i++) {
    const began = performance.now()
    await askOnce(at, request)
    bestMs = Math.min(bestMs, performance.now() - began)
  }
  return bestMs
}

test.each(bombNames)('a body of %s is refused within 100 ms', async what => {
  expect(await quickest(url, makeBombs(key)[what].request)).toBeLessThan(100)
})

test('an address of 64 kB is refused within 50 ms', async () => {
  const headers = { 'Content-Type': 'application/json', Authorization: `Bearer ${key}` }
  for (const email of longAddresses) {
    const body = JSON.stringify({ login: 'a', email })
    expect(await quickest(url, requestText('POST /v1/accounts', { headers, body }))).toBeLessThan(50)
  }
})

test('control: a server that unzips and parses everything is seen to take its time', async () => {
  const lavish = await startLavish()
  const { request } = makeBombs(key)['100 MB in a gzip of 100 kB']
  expect(await quickest(lavish.url, request, 3)).toBeGreaterThan(100)
  lavish.close()
})
