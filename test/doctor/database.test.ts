import { randomBytes } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { pathToFileURL } from 'node:url'
import { secrets as parseSecrets } from '@sparekey/config/parse'
import { openDb } from '@sparekey/db/db'
import { createApplication } from '@sparekey/reset/applications'
import { request } from '@sparekey/reset/request'
import { createEndpoint } from '@sparekey/reset/webhooks/endpoints'
import postgres from 'postgres'
import { describe, expect, test } from 'vitest'
import { emptyDatabase } from '../support/database.ts'
import { freePort } from '../support/port.ts'
import { inUrl, secret, setUp } from './support/doctor.ts'

const { examine, file, opened, wellEnvironment } = setUp()

async function withSql<T>(url: string, work: (sql: postgres.Sql) => Promise<T>): Promise<T> {
  const sql = postgres(url, { max: 1, onnotice: () => {} })
  try {
    return await work(sql)
  } finally {
    await sql.end({ timeout: 5 })
  }
}

describe('a database', () => {
  test('that is out of reach fails, and what needs it says so', async () => {
    const { env } = await wellEnvironment()
    const url = `postgres://someone:${inUrl}@127.0.0.1:${await freePort()}/sparekey`
    const { failed, line } = await examine({ ...env, DATABASE_URL: url })
    expect(failed).toEqual(['Database'])
    expect(line('Database')?.says).toMatch(
      /^The database at 127\.0\.0\.1:\d+ is out of reach \(ECONNREFUSED\)$/,
    )
    expect(line('Migrations')).toMatchObject({ state: 'warn', says: 'not looked at: it needs the database' })
    expect(line('Queue')).toMatchObject({ state: 'ok' })
    const alone = await examine({ ...env, DATABASE_URL: url, REDIS_URL: undefined })
    expect(alone.line('Queue')).toMatchObject({ state: 'warn' })
  })

  test('that lacks a migration fails with its name', async () => {
    const { env, database } = await wellEnvironment()
    const journal = JSON.parse(
      await readFile(new URL('../../drizzle/meta/_journal.json', import.meta.url), 'utf8'),
    )
    const newest = journal.entries.at(-1).tag
    await withSql(
      database.url,
      sql => sql`delete from drizzle.__drizzle_migrations where created_at =
        (select max(created_at) from drizzle.__drizzle_migrations)`,
    )
    const { failed, line } = await examine(env)
    expect(failed).toEqual(['Migrations'])
    expect(line('Migrations')).toMatchObject({ says: `pending: ${newest}`, mend: 'run sparekey migrate' })
    expect(line('Workers')).toMatchObject({ state: 'warn' })
  })

  test('that nobody has prepared fails, and is left as it is', async () => {
    const { env } = await wellEnvironment()
    const empty = await emptyDatabase()
    opened.push(empty.drop)
    const { failed, line } = await examine({ ...env, DATABASE_URL: empty.url, REDIS_URL: undefined })
    expect(failed).toEqual(['Migrations', 'Queue'])
    expect(line('Migrations')?.says).toMatch(/^pending: 0000_first, /)
    expect(line('Queue')).toMatchObject({ mend: 'run sparekey migrate' })
    const made = await withSql(
      empty.url,
      sql => sql`select nspname from pg_namespace where nspname in ('drizzle', 'bullmq')`,
    )
    expect(made).toHaveLength(0)
  })

  test('that may forget commits fails', async () => {
    const { env, database } = await wellEnvironment()
    await withSql(database.url, sql =>
      sql.unsafe(`alter database ${new URL(database.url).pathname.slice(1)} set synchronous_commit = off`),
    )
    const { failed, line } = await examine(env)
    expect(failed).toEqual(['Durability'])
    expect(line('Durability')?.says).toMatch(/^synchronous_commit off: /)
  })

  test('whose clock is an hour behind warns', async () => {
    const { env } = await wellEnvironment()
    await writeFile(file('clock.mjs'), 'const now = Date.now; Date.now = () => now() + 3_600_000')
    const preload = `--import ${pathToFileURL(file('clock.mjs'))}`
    const { line } = await examine({ ...env, NODE_OPTIONS: `${env.NODE_OPTIONS} ${preload}` })
    expect(line('Database clock')).toMatchObject({
      state: 'warn',
      says: expect.stringMatching(/^(3599|3600)\.\d s behind this machine's/),
    })
  })

  test('whose rows need another secret fails, and says which key to put back', async () => {
    const { env, database } = await wellEnvironment()
    const { db, close } = openDb(database.url, { connections: 1 })
    opened.push(close)
    const { application } = await createApplication({ db, secrets: [] }, { name: 'Shop' })
    const other = randomBytes(32).toString('base64')
    const others = parseSecrets(other) ?? []
    const id = others[0]?.id ?? ''
    const context = {
      db,
      queues: { add: async () => {} },
      secrets: others,
      log: { warn: () => {}, info: () => {} },
    }
    const { id: requestId } = await request(context, {
      application,
      dialect: 'sparekey',
      login: 'ada@example.com',
      client: {},
    })
    await withSql(
      database.url,
      sql => sql`update reset_requests set status = 'sent', secret_id = ${id}, token_digest = 'digest', minted_at = now(),
          expires_at = now() + interval '1 hour'
        where id = ${requestId}`,
    )
    const { failed, line } = await examine(env)
    expect(failed).toEqual(['Secret in use'])
    expect(line('Secret in use')?.says).toMatch(
      new RegExp(`^live requests need the key ${id}, not among ours`),
    )
    expect(line('Secret in use')?.mend).toMatch(/SPAREKEY_SECRET=newest,missing/)
    const both = { ...env, SPAREKEY_SECRET: `${secret},${other}` }
    expect((await examine(both)).line('Secret in use')).toMatchObject({
      state: 'ok',
    })
    await withSql(
      database.url,
      sql => sql`update reset_requests set status = 'used', ended_at = now() where id = ${requestId}`,
    )
    expect((await examine(env)).failed).toEqual([])

    await createEndpoint(context, application.id, { url: 'https://hooks.example.com' })
    const sealed = await examine(env)
    expect(sealed.failed).toEqual(['Secret in use'])
    expect(sealed.line('Secret in use')?.says).toContain(`sealed with the key ${id}`)
  })

  test('that a worker is missed in warns', async () => {
    const { env, database } = await wellEnvironment()
    await withSql(
      database.url,
      sql => sql`insert into workers (id, host, pid, concurrency, busy, seen_at) values
        ('lives', 'here', 1, 10, 3, now()), ('gone', 'there', 2, 10, 3, now() - interval '1 minute')`,
    )
    expect((await examine(env)).line('Workers')).toMatchObject({
      state: 'warn',
      says: '1 alive (here), 3 of 10 mails in hand; 1 went away without a word in the last 5 minutes',
    })
  })

  test('in which a request waits too long warns, then fails', async () => {
    const { env, database } = await wellEnvironment()
    const { db, close } = openDb(database.url, { connections: 1 })
    opened.push(close)
    const { application } = await createApplication({ db, secrets: [] }, { name: 'Shop' })
    const context = {
      db,
      queues: { add: async () => {} },
      secrets: [],
      log: { warn: () => {}, info: () => {} },
    }
    await request(context, { application, dialect: 'sparekey', login: 'ada@example.com', client: {} })
    const wait = (seconds: number) =>
      withSql(
        database.url,
        sql => sql`update reset_requests set created_at = now() - make_interval(secs => ${seconds})`,
      )
    await wait(30)
    expect((await examine(env)).line('Waiting requests')).toMatchObject({
      state: 'ok',
      says: expect.stringMatching(/^1, the oldest for 3\d s$/),
    })
    await wait(300)
    expect((await examine(env)).line('Waiting requests')).toMatchObject({ state: 'warn' })
    await wait(1000)
    expect((await examine(env)).failed).toEqual(['Waiting requests'])
  })
})
