import postgres from 'postgres'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { emptyDatabase, type FreshDatabase } from '../../../test/support/database.ts'
import { openDb } from '../src/db.ts'
import type { PipelinedTransaction } from '../src/pipeline.ts'
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
/** Runs a transaction to its end. */
async function transact<T>(
  work: (transaction: PipelinedTransaction) => Promise<T>,
  { db } = opened,
): Promise<T> {
  const { result, committed } = await db.pipeline.transaction(work)
  await committed
  return result
}
const insert = 'insert into written values ($1)'

test('what a transaction wrote is there once it resolves, whether its last statement took the COMMIT along or not', async () => {
  const [row] = await transact(({ runLast }) => runLast<{ what: string }>(`${insert} returning what`, ['a']))
  expect(row).toEqual({ what: 'a' })
  await transact(async ({ run, tx }) => {
    await run(insert, ['b'])
    await tx.execute("insert into written values ('c')")
  })
  expect(await written()).toEqual(['a', 'b', 'c'])
})

test('transactions asked for at once run one after the other, each with its own COMMIT', async () => {
  const ids = await Promise.all(
    ['a', 'b', 'c'].map(what =>
      transact(async ({ run, runLast }) => {
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

test('a last statement tells its rows while its COMMIT is under way, and the next transaction waits for that', async () => {
  await admin`create function wait() returns trigger language plpgsql as
    'begin perform pg_advisory_xact_lock(7); return null; end'`
  await admin`create constraint trigger wait after insert on written deferrable initially deferred
    for each row execute function wait()`
  await admin`select pg_advisory_lock(7)`
  const { result, committed } = await opened.db.pipeline.transaction(({ runLast }) =>
    runLast<{ what: string }>(`${insert} returning what`, ['a']),
  )
  expect(result).toEqual([{ what: 'a' }])
  const next = transact(({ run }) => run('select what from written', []))
  expect(await written()).toEqual([])
  await admin`select pg_advisory_unlock(7)`
  await committed
  expect(await written()).toEqual(['a'])
  expect(await next).toEqual([{ what: 'a' }])
  await admin`drop trigger wait on written`
})

test.for(['its own', "a statement's", "the last statement's"])(
  'a transaction that ends by %s error writes nothing, and the next one works',
  async whose => {
    const transaction = transact(async ({ run, runLast }) => {
      await run(insert, ['a'])
      if (whose === 'its own') throw new Error('of the work')
      if (whose === "a statement's") await run(insert, ['a'])
      else await runLast(insert, ['a'])
    })
    await expect(transaction).rejects.toThrow(whose === 'its own' ? 'of the work' : 'duplicate key')
    expect(await written()).toEqual([])
    await transact(({ runLast }) => runLast(insert, ['b']))
    expect(await written()).toEqual(['b'])
  },
)

test('a transaction that goes on after a failed statement is not said to be committed', async () => {
  const transaction = transact(async ({ run }) => {
    await run(insert, ['a'])
    await run(insert, ['a']).catch(() => {})
  })
  await expect(transaction).rejects.toThrow('ROLLBACK')
  expect(await written()).toEqual([])
})

test('a transaction whose connection is lost half way writes nothing more, not even by itself, and rejects', async () => {
  const later: unknown[] = []
  const transaction = transact(async ({ run, runLast }) => {
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
  await transact(({ runLast }) => runLast(insert, ['next']))
  expect(await written()).toEqual(['next'])
})

test('a transaction that finds no server rejects, and so does each after it', async () => {
  const away = openDb('postgres://postgres@127.0.0.1:1/none', { connectSeconds: 1 })
  for (let tries = 0; tries < 2; tries++) {
    const transaction = transact(({ runLast }) => runLast(insert, ['a']), away)
    await expect(transaction).rejects.toSatisfy(isUnavailable)
  }
  await away.close()
})
