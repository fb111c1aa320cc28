import { performance } from 'node:perf_hooks'
import postgres from 'postgres'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type FreshDatabase, freshDatabase } from '../support/database.ts'
import { type Deployment, deploy } from '../support/deployment.ts'
import { noLimits } from './support/desk.ts'
import { createRandom } from './support/random.ts'
import { areaUnderCurve, medianDifference } from './support/statistics.ts'
import { openWire, requestText, statusOf } from './support/wire.ts'

const each = 2000
const mostDifferenceMs = 0.1
const mostAdvantage = 0.03
/** Noise of a busy machine only widens the interval, so the best of three measurements says most. */
const measurements = 3
const knownPeople = 20

const random = createRandom()
let database: FreshDatabase
let deployment: Deployment
let key: string
let people = 0

// The API in a process of its own: what this process does must not count as the API's time.
beforeAll(async () => {
  database = await freshDatabase()
  const sql = postgres(database.url, { max: 1 })
  // How long the disk takes says nothing of anybody's account, and hides what does.
  await sql.unsafe(`alter database ${new URL(database.url).pathname.slice(1)} set synchronous_commit = off`)
  await sql.end()
  deployment = await deploy({ env: { DATABASE_URL: database.url } })
  const { body } = await deployment.call('POST', '/v1/applications', {
    key: deployment.adminKey,
    body: { name: 'Acme', limits: noLimits },
  })
  key = body.keys.secret
}, 120_000)
afterAll(async () => {
  await deployment?.close()
  await database?.drop()
})

type Kind = 'known' | 'unknown'

/** Logins of one length; the known ones have accounts. */
async function logins(): Promise<Record<Kind, string[]>> {
  const made: Record<Kind, string[]> = { known: [], unknown: [] }
  for (const kind of ['known', 'unknown'] as const) {
    for (let i = 0; i < knownPeople; i++) {
      const login = `p${String(++people).padStart(5, '0')}@example.com`
      made[kind].push(login)
      if (kind === 'unknown') continue
      const answer = await deployment.call('POST', '/v1/accounts', { key, body: { login, email: login } })
      expect(answer.status).toBe(201)
    }
  }
  return made
}

interface Measured {
  low: number
  high: number
  auc: number
  leaks: boolean
}

/** Requests of both kinds in a random order on one connection. `delay` is put into those of known people. */
async function measure(
  names: Record<Kind, string[]>,
  { delay = 0, requests = each } = {},
): Promise<Measured> {
  const wire = await openWire(deployment.apis[0].url)
  // What the worker does later is nobody's answer, and on few cores hides what the API does.
  deployment.workers[0]?.child.kill('SIGSTOP')
  const times: Record<Kind, number[]> = { known: [], unknown: [] }
  const headers = { 'Content-Type': 'application/json', Authorization: `Bearer ${key}` }
  const requestOf = (login: string) =>
    requestText('POST /v1/reset-requests', { headers, body: JSON.stringify({ login }) })
  const time = async (kind: Kind) => {
    const request = requestOf(random.pick(names[kind]))
    const began = performance.now()
    if (delay > 0 && kind === 'known') while (performance.now() - began < delay);
    const answer = await wire.ask(request)
    const took = performance.now() - began
    if (statusOf(answer) !== 202) throw new Error(answer)
    return took
  }
  for (let i = 0; i < 200; i++) await time(random.pick(['known', 'unknown']))
  for (let i = 0; i < requests; i++) {
    // The order within each pair is drawn, so that whatever one request leaves behind meets both kinds.
    for (const kind of random.shuffled<Kind>(['known', 'unknown'])) times[kind].push(await time(kind))
  }
  wire.close()
  deployment.workers[0]?.child.kill('SIGCONT')
  const { low, high } = medianDifference(times.unknown, times.known, random)
  const auc = areaUnderCurve(times.unknown, times.known)
  const leaks = low < -mostDifferenceMs || high > mostDifferenceMs || Math.abs(auc - 0.5) > mostAdvantage
  return { low, high, auc, leaks }
}

async function best(names: Record<Kind, string[]>): Promise<Measured[]> {
  const tries: Measured[] = []
  while (tries.length < measurements && !tries.some(({ leaks }) => !leaks)) tries.push(await measure(names))
  return tries
}

test('time does not tell known from unknown logins, nor with all mail servers down; 0.2 ms more is caught', async () => {
  const names = await logins()
  const up = await best(names)
  expect(up.at(-1)?.leaks, JSON.stringify(up)).toBe(false)

  const caught = await measure(names, { delay: 0.2, requests: each / 2 })
  expect(caught.leaks, JSON.stringify(caught)).toBe(true)
  expect(caught.low, JSON.stringify(caught)).toBeGreaterThan(0)

  await deployment.mailServer.close()
  const down = await best(await logins())
  expect(down.at(-1)?.leaks, JSON.stringify(down)).toBe(false)
}, 180_000)
