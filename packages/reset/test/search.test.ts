import { drizzle } from 'drizzle-orm/postgres-js'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type FreshDatabase, freshDatabase } from '../../../test/support/database.ts'
import type { Context } from '../src/context.ts'
import { type ListOptions, listRequests } from '../src/search.ts'

const count = 60_000
/** As the API's description promises. */
const mostLooked = 20_000
/** A thousandth of a second passes between two requests; ids begin with the time. */
const timeOf = (n: number) => new Date(Number.parseInt(String(n).padStart(10, '0'), 32))
const nameOf = (id: string) => Number(id.slice(4, 14))

let database: FreshDatabase
let asked: { query: string; params: unknown[] }[] = []
const open = () =>
  drizzle({
    // So that no application is missed, which no search looks at.
    connection: { url: database.url, connection: { session_replication_role: 'replica' } },
    logger: { logQuery: (query, params) => asked.push({ query, params }) },
  })
let db: ReturnType<typeof open>

/**
 * The worst that a planner can meet: of the application `old` everything is long ago, and so are all that failed, were
 * ignored, or came by `nile`; of `tiny` there are few among many.
 */
beforeAll(async () => {
  database = await freshDatabase()
  db = open()
  await db.$client.unsafe(`
    insert into reset_requests (id, application_id, dialect, login, login_key, client, status, deliver_before)
      select 'req_' || lpad(n::text, 10, '0') || repeat('0', 16),
        case when n % 5000 = 7 then 'app_tiny' when n < ${count * 0.6} then 'app_old' else 'app_new' end,
        case when n % 10 = 1 and n < ${count / 2} then 'nile' when n % 10 = 2 then 'akinon' else 'sparekey' end,
        'p' || n % 1000, 'p' || n % 1000, '{}',
        case when n % 100 = 3 and n < 10000 then 'ignored' when n % 5 in (0, 3, 4) and n < ${count * 0.6} then 'failed'
          when n > ${count - 200} then 'sent' else 'used' end,
        now()
      from generate_series(1, ${count}) n`)
  // As a trigger does.
  await db.$client.unsafe(`update reset_requests set trouble = status where status = 'failed'`)
  await db.$client.unsafe('vacuum analyze reset_requests')
}, 60_000)
afterAll(async () => {
  await db?.$client.end({ timeout: 5 })
  await database?.drop()
})

const search = (applicationId: string | undefined, options: Partial<ListOptions> = {}) =>
  listRequests({ db } as unknown as Context, applicationId, { limit: 50, ...options })

interface Plan {
  Plans?: Plan[]
  'Relation Name'?: string
  'Actual Rows': number
  'Actual Loops': number
  'Rows Removed by Filter'?: number
  'Rows Removed by Index Recheck'?: number
}

/** How many rows of requests a plan touched. */
function lookedAt(plan: Plan): number {
  const here =
    plan['Relation Name'] === 'reset_requests'
      ? (plan['Actual Rows'] +
          (plan['Rows Removed by Filter'] ?? 0) +
          (plan['Rows Removed by Index Recheck'] ?? 0)) *
        plan['Actual Loops']
      : 0
  return (plan.Plans ?? []).reduce((sum, child) => sum + lookedAt(child), here)
}

/** How many rows each of these statements touches, under the settings that those before it make. */
async function explain(statements: { query: string; params: unknown[] }[]): Promise<number[]> {
  return await db.$client.begin(async client => {
    const looked: number[] = []
    for (const { query, params } of statements) {
      if (!query.includes('reset_requests')) {
        if (query.includes('set_config')) await client.unsafe(query, params as never[])
        continue
      }
      const [row] = await client.unsafe(`explain (analyze, format json) ${query}`, params as never[])
      looked.push(lookedAt(row?.['QUERY PLAN'][0].Plan))
    }
    return looked
  })
}

test('no search looks at more requests than it may, however few fit and wherever they are', async () => {
  const applications = [undefined, 'app_old', 'app_tiny']
  const statuses = [undefined, 'accepted', 'used', 'ignored', 'failed'] as const
  const dialects = [undefined, 'sparekey', 'nile'] as const
  const times = [{}, { from: timeOf(50), to: timeOf(count - 50) }]
  const tooMany: string[] = []
  for (const applicationId of applications) {
    for (const status of statuses) {
      for (const dialect of dialects) {
        for (const time of times) {
          asked = []
          await search(applicationId, { status, dialect, ...time })
          const looked = await explain(asked)
          if (looked.some(rows => rows > mostLooked))
            tooMany.push(`${JSON.stringify({ applicationId, status, dialect, ...time })}: ${looked}`)
        }
      }
    }
  }
  expect(tooMany).toEqual([])
}, 60_000)

test('page after page, a search finds all that fit, each once and the newest first', async () => {
  async function all(applicationId: string | undefined, options: Partial<ListOptions>) {
    const found: string[] = []
    let cursor: string | undefined
    let calls = 0
    do {
      const page = await search(applicationId, { ...options, ...(cursor ? { cursor } : {}) })
      found.push(...page.items.map(({ id }) => id))
      cursor = page.nextCursor ?? undefined
      calls++
    } while (cursor)
    return { found, calls }
  }
  const ignored = await all(undefined, { status: 'ignored' })
  expect(ignored.found.map(nameOf)).toEqual(Array.from({ length: 100 }, (_, i) => 9903 - i * 100))
  // Few fit, and all of them are at the very end of what is looked through.
  expect(ignored.calls).toBeGreaterThan(count / mostLooked - 1)
  const tiny = await all('app_tiny', { status: 'used' })
  expect(tiny).toMatchObject({ calls: 1 })
  expect(tiny.found).toHaveLength(count / 5_000)
  const both = { dialect: 'akinon', from: timeOf(30_000), to: timeOf(31_000) } as const
  const akinon = await all('app_old', both)
  expect(akinon.found.map(nameOf)).toEqual(Array.from({ length: 100 }, (_, i) => 30_992 - i * 10))
  expect((await all('app_new', { dialect: 'nile' })).found).toEqual([])
  const failed = await all('app_old', { status: 'failed', from: timeOf(30_000), to: timeOf(31_000) })
  expect(failed.found.map(nameOf).slice(0, 5)).toEqual([30_999, 30_998, 30_995, 30_994, 30_993])
  expect(failed.found).toHaveLength(600)
})
