import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Deployment, deploy } from '../support/deployment.ts'
import { isWell } from '../support/process.ts'
import { callAt, until } from '../support/sparekey.ts'
import { startCluster, type TestCluster } from './support/cluster.ts'
import { expectOneMailEach, loadApplication, startLoad } from './support/load.ts'
import { expectStory } from './support/story.ts'

let cluster: TestCluster
let deployment: Deployment

beforeAll(async () => {
  cluster = await startCluster()
  deployment = await deploy({ apis: 2, env: { REDIS_URL: cluster.url, LOG_LEVEL: 'info' } })
}, 120_000)
afterAll(async () => {
  await deployment?.close()
  await cluster?.close()
})

const urls = () => deployment.apis.map(({ url }) => url)

test('on a cluster a request becomes a mail, its link a new password, and the person is told', async () => {
  await expectStory(deployment, 'anna@example.com')
})

/** Makes an application that allows four calls a minute, and calls it five times, in turn at each API. */
async function firstFive(): Promise<number[]> {
  const { body } = await deployment.call('POST', '/v1/applications', {
    key: deployment.adminKey,
    body: { name: 'Acme', limits: { perAddressMinute: 4 } },
  })
  const statuses: number[] = []
  for (let n = 0; n < 5; n++) {
    const call = callAt(urls()[n % 2] ?? '')
    const { status } = await call('POST', '/v1/reset-requests', {
      key: body.keys.publishable,
      body: { login: 'nobody@example.com' },
    })
    statuses.push(status)
  }
  return statuses
}

test('on a cluster all APIs count limits together, on all masters', async () => {
  // An API whose Redis does not answer at once counts by itself for a moment: such an application proves nothing.
  let exact = 0
  await until('twelve applications with four calls each', async () => {
    if ((await firstFive()).join() === '202,202,202,202,429') exact++
    return exact === 12 || undefined
  })
  expect(await cluster.spread('sparekey:limit:*')).toBe(3)
})

test('a master killed under load costs no accepted request its mail, and gives nobody two', async () => {
  const key = await loadApplication(deployment.apis[0].url, deployment.adminKey)
  const load = startLoad(urls(), key, 100)
  await until('some requests', () => load.accepted() >= 20 || undefined)
  const noticed = until(
    'an API that says that the queue is away',
    async () => !(await isWell(deployment.apis[0].url)) || undefined,
  )
  // The one that has the queues.
  await cluster.killMasterOf('{sparekey}:mail:meta')
  await noticed
  const before = load.accepted()
  await until('requests after the failover', () => load.accepted() >= before + 20 || undefined)
  await expectOneMailEach(deployment, await load.stop())
  await until('all parts to be well', async () => {
    const all = await Promise.all([...deployment.apis, ...deployment.workers].map(({ url }) => isWell(url)))
    return all.every(well => well) || undefined
  })
  const lines = (words: string) => deployment.workers[0]?.output().split(words).length
  await until(
    'the worker to say that the queues are back, if it missed them',
    () => lines('queue server back') === lines('queue server out of reach') || undefined,
  )
  for (const part of [...deployment.workers, ...deployment.apis]) expect(await part.end('SIGTERM')).toBe(0)
}, 240_000)
