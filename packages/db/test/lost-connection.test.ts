import { once } from 'node:events'
import { type AddressInfo, connect, createServer } from 'node:net'
import postgres from 'postgres'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { emptyDatabase, type FreshDatabase } from '../../../test/support/database.ts'
import { openDb } from '../src/db.ts'
import { runOn } from '../src/statement.ts'
import { isUnavailable } from '../src/unavailable.ts'

let database: FreshDatabase
let admin: postgres.Sql
let opened: ReturnType<typeof openDb>

beforeAll(async () => {
  database = await emptyDatabase()
  admin = postgres(database.url, { max: 1 })
  await admin`create table written (what text)`
  opened = openDb(database.url)
})
afterAll(async () => {
  await opened.close()
  await admin.end()
  await database.drop()
})

const ours = () => admin`select pid from pg_stat_activity
  where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'`

test('a transaction whose connection is lost while it waits for something else writes nothing more, and rejects', async () => {
  const { db } = opened
  const later: unknown[] = []
  const transaction = db.transaction(async tx => {
    const run = runOn(tx)
    await run("insert into written values ('first')", [])
    await admin`select pg_terminate_backend(pid) from (${ours()}) ours`
    await expect.poll(async () => (await ours()).length).toBe(0)
    // The pool goes on, maybe over the same connection object.
    await Promise.all(Array.from({ length: 8 }, () => db.execute('select 1')))
    for (const what of ['second', 'third'])
      await run('insert into written values ($1)', [what]).catch(error => later.push(error))
  })
  await expect(transaction).rejects.toSatisfy(isUnavailable)
  await expect.poll(() => later).toHaveLength(2)
  expect(later.every(isUnavailable)).toBe(true)
  expect(await admin`select * from written`).toEqual([])
})

/** A database by a way that breaks once this is asked. */
async function openBreaking(question: string) {
  const target = new URL(database.url)
  const way = createServer(client => {
    const upstream = connect(Number(target.port), target.hostname)
    client.on('data', chunk => {
      if (chunk.includes(question)) {
        upstream.destroy()
        client.resetAndDestroy()
      } else upstream.write(chunk)
    })
    upstream.pipe(client)
    for (const socket of [client, upstream]) socket.on('error', () => {})
  })
  way.listen(0, '127.0.0.1')
  await once(way, 'listening')
  const url = new URL(database.url)
  url.port = `${(way.address() as AddressInfo).port}`
  const broken = openDb(url.href)
  return {
    db: broken.db,
    async close() {
      await broken.close()
      way.close()
    },
  }
}

test('a connection lost while it asks for the types of arrays rejects what waits for it, and ends no process', async () => {
  const broken = await openBreaking('typarray')
  const stray: unknown[] = []
  const onStray = (error: unknown) => stray.push(error)
  process.on('unhandledRejection', onStray)
  try {
    await expect(broken.db.execute('select 1')).rejects.toSatisfy(isUnavailable)
    await new Promise(resolve => setImmediate(resolve))
    expect(stray).toEqual([])
  } finally {
    process.off('unhandledRejection', onStray)
    await broken.close()
  }
})

test("a statement that is sent between a connection's error and its end rejects, and a later transaction works", async () => {
  const broken = await openBreaking('break')
  const later: unknown[] = []
  const transaction = broken.db.pipeline.transaction(async ({ run }) => {
    await run('select $1', ['break']).catch(error => later.push(error))
    await run('select $1', ['more']).catch(error => later.push(error))
  })
  await expect(transaction.then(({ committed }) => committed)).rejects.toSatisfy(isUnavailable)
  expect(later).toHaveLength(2)
  expect(later.every(isUnavailable)).toBe(true)
  const next = async () =>
    (await broken.db.pipeline.transaction(({ run }) => run('select $1 as what', ['on']))).result
  // Whoever comes before the connection's end is rejected like those before.
  await expect.poll(() => next().catch(() => [])).toEqual([{ what: 'on' }])
  await broken.close()
})

test('why Postgres ended a connection is told to the statement that ran, and not to the next one', async () => {
  const one = openDb(database.url, { connections: 1 })
  try {
    const slow = expect(one.db.execute('select pg_sleep(60)')).rejects.toSatisfy(isUnavailable)
    const sleeping = () =>
      admin`select pid from pg_stat_activity where query = 'select pg_sleep(60)' and state = 'active'`
    await expect.poll(async () => (await sleeping()).length).toBe(1)
    await admin`select pg_terminate_backend(pid) from (${sleeping()}) sleeping`
    await slow
    expect(await one.db.execute('select 1 as one')).toEqual([{ one: 1 }])
  } finally {
    await one.close()
  }
})
