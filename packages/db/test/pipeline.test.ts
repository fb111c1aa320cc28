import postgres from 'postgres'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { emptyDatabase, type FreshDatabase } from '../../../test/support/database.ts'
import { openDb } from '../src/db.ts'
import { isUnavailable } from '../src/unavailable.ts'

let database: FreshDatabase
let admin: postgres.Sql
let opened: ReturnType<typeof openDb>

beforeAll(async () => {
  database = await emptyDatabase()
  admin = postgres(database.url, { max: 1 })
  await admin`create table written (what text primary key)`
  opened = openDb(database.url)
})
afterAll(async () => {
  await opened.close()
  await admin.end()
  await database.drop()
})
beforeEach(async () => {
  await admin`truncate written`
})

const written = async () => (await admin`select what from written order by what`).map(row => row.what)
const insert = 'insert into written values ($1)'

test('what a transaction wrote is there once it resolves, whether its last statement took the COMMIT along or not', async () => {
  const { pipeline } = opened.db
  const [row] = await pipeline.transaction(({ runLast }) =>
    runLast<{ what: string }>(`${insert} returning what`, ['a']),
  )
  expect(row).toEqual({ what: 'a' })
  await pipeline.transaction(async ({ run, tx }) => {
    await run(insert, ['b'])
    await tx.execute("insert into written values ('c')")
  })
  expect(await written()).toEqual(['a', 'b', 'c'])
})

test('transactions asked for at once run one after the other, each with its own COMMIT', async () => {
  const { pipeline } = opened.db
  const ids = await Promise.all(
    ['a', 'b', 'c'].map(what =>
      pipeline.transaction(async ({ run, runLast }) => {
        const [row] = await run<{ id: string; others: number }>(
          'select pg_current_xact_id()::text as id, (select count(*)::int from written) as others',
          [],
        )
        await runLast(insert, [what])
        return row
      }),
    ),
  )
  expect(new Set(ids.map(row => row?.id)).size).toBe(3)
  expect(ids.map(row => row?.others)).toEqual([0, 1, 2])
})

test.for(['its own', "a statement's", "the last statement's"])(
  'a transaction that ends by %s error writes nothing, and the next one works',
  async whose => {
    const { pipeline } = opened.db
    const transaction = pipeline.transaction(async ({ run, runLast }) => {
      await run(insert, ['a'])
      if (whose === 'its own') throw new Error('of the work')
      if (whose === "a statement's") await run(insert, ['a'])
      else await runLast(insert, ['a'])
    })
    await expect(transaction).rejects.toThrow(whose === 'its own' ? 'of the work' : 'duplicate key')
    expect(await written()).toEqual([])
    await pipeline.transaction(({ runLast }) => runLast(insert, ['b']))
    expect(await written()).toEqual(['b'])
  },
)

test('a transaction that goes on after a failed statement is not said to be committed', async () => {
  const transaction = opened.db.pipeline.transaction(async ({ run }) => {
    await run(insert, ['a'])
    await run(insert, ['a']).catch(() => {})
  })
  await expect(transaction).rejects.toThrow('ROLLBACK')
  expect(await written()).toEqual([])
})

test('a transaction whose connection is lost half way writes nothing more, not even by itself, and rejects', async () => {
  const { pipeline } = opened.db
  const later: unknown[] = []
  const transaction = pipeline.transaction(async ({ run, runLast }) => {
    const [own] = await run<{ pid: number }>('select pg_backend_pid() as pid', [])
    await run(insert, ['first'])
    await admin`select pg_terminate_backend(${own?.pid ?? 0})`
    const isOver = async () => (await admin`select from pg_stat_activity where pid = ${own?.pid ?? 0}`).length
    await expect.poll(isOver).toBe(0)
    for (const [index, send] of [run, run, runLast, run].entries())
      await send(insert, [`later ${index}`]).catch(error => later.push(error))
  })
  await expect(transaction).rejects.toSatisfy(isUnavailable)
  expect(later).toHaveLength(4)
  expect(later.every(isUnavailable)).toBe(true)
  expect(await written()).toEqual([])
  await pipeline.transaction(({ runLast }) => runLast(insert, ['next']))
  expect(await written()).toEqual(['next'])
})

test('a transaction that finds no server rejects, and so does each after it', async () => {
  const away = openDb('postgres://postgres@127.0.0.1:1/none', { connectSeconds: 1 })
  for (let tries = 0; tries < 2; tries++) {
    const transaction = away.db.pipeline.transaction(({ runLast }) => runLast(insert, ['a']))
    await expect(transaction).rejects.toSatisfy(isUnavailable)
  }
  await away.close()
})
