import { bucketOf } from '@sparekey/reset/figures'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Json, type Sparekey, startSparekey } from './support/sparekey.ts'

let sparekey: Sparekey
beforeAll(async () => {
  sparekey = await startSparekey({ worker: false })
})
afterAll(() => sparekey?.close())

const stats = async (query: string) =>
  (await sparekey.call('GET', `/v1/stats?${query}`, { key: sparekey.adminKey })).body

test('each window tells what lies in it, with its rates, its series and its times to within 12 %', async () => {
  const other = await sparekey.application({ name: 'Long ago' })
  /** What was counted so long ago, as the counters write it down. */
  const counted = (grain: 'minute' | 'hour', ago: string, name: string, value: number) => sparekey.sql`
    insert into figures (grain, at, subject, name, value)
    values (${grain}, date_trunc(${grain}, now() - ${ago}::interval), ${`app:${other.id}`}, ${name}, ${value})`
  await Promise.all([
    counted('minute', '2 minutes', 'accepted', 1),
    counted('minute', '10 minutes', 'accepted', 10),
    counted('minute', '70 minutes', 'accepted', 100_000),
    counted('hour', '3 hours', 'accepted', 100),
    counted('hour', '2 days', 'accepted', 1_000),
    counted('hour', '8 days', 'accepted', 10_000),
    counted('minute', '10 minutes', 'refused@mx.example.com:25', 3),
    counted('minute', '10 minutes', 'failed', 3),
  ])
  const took = { 100: 90, 1000: 6, 10000: 4 }
  for (const [ms, mails] of Object.entries(took))
    await counted('minute', '2 minutes', `latency:${bucketOf(Number(ms))}`, mails)

  const seen: Json = {}
  for (const window of ['5m', '1h', '24h', '7d']) {
    const body = await stats(`window=${window}&applicationId=${other.id}`)
    seen[window] = [body.totals.accepted, body.series.length]
    expect(body.series.reduce((sum: number, { accepted }: Json) => sum + accepted, 0)).toBe(
      body.totals.accepted,
    )
    const seconds = (Date.parse(body.to) - Date.parse(body.from)) / 1000
    expect(body.rates.accepted).toBeCloseTo(body.totals.accepted / seconds, 6)
  }
  expect(seen).toEqual({ '5m': [1, 5], '1h': [11, 60], '24h': [100, 24], '7d': [1_100, 168] })
  const { latency, servers, totals } = await stats(`window=1h&applicationId=${other.id}`)
  expect(latency.count).toBe(100)
  for (const [share, seconds] of [
    ['p50', 0.1],
    ['p95', 1],
    ['p99', 10],
  ] as const)
    expect(Math.abs(latency[share] / seconds - 1), share).toBeLessThan(0.12)
  expect(totals.failed).toBe(3)
  expect(servers).toMatchObject([{ server: 'mx.example.com:25', refused: 3, accepted: 0 }])
})

test('of many applications those whose mails fail come first, and it is said how many there are', async () => {
  const sparekey = await startSparekey({ worker: false })
  try {
    const ids: string[] = []
    for (let n = 0; n < 24; n++) ids.push((await sparekey.application({ name: `App ${n}` })).id)
    const [small = ''] = ids
    const counted = (subject: string, name: string, value: number) => sparekey.sql`
      insert into figures (grain, at, subject, name, value)
      values ('minute', date_trunc('minute', now()), ${subject}, ${name}, ${value})`
    for (const id of ids.slice(1)) await counted(`app:${id}`, 'accepted', 1_000)
    for (const name of ['accepted', 'failed']) {
      await counted(`app:${small}`, name, 3)
      await counted(`dialect:nile app:${small}`, name, 3)
    }
    await counted(`dialect:nile app:${ids[1]}`, 'accepted', 500)
    const stats = async (query = '') =>
      (await sparekey.call('GET', `/v1/stats?window=1h${query}`, { key: sparekey.adminKey })).body
    const { applications, applicationCount } = await stats()
    expect(applications).toHaveLength(20)
    expect(applicationCount).toBe(24)
    expect(applications[0]).toMatchObject({ id: small, accepted: 3, failed: 3 })
    expect(await stats('&dialect=nile')).toMatchObject({
      applications: [
        { id: small, accepted: 3, failed: 3 },
        { id: ids[1], accepted: 500, failed: 0 },
      ],
      applicationCount: 2,
    })
  } finally {
    await sparekey.close()
  }
})
