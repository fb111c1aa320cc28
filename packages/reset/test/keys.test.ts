import { openDb } from '@sparekey/db/db'
import postgres from 'postgres'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { type FreshDatabase, freshDatabase } from '../../../test/support/database.ts'
import { createApplication } from '../src/applications.ts'
import { createCredentials, digestOf } from '../src/keys.ts'

let database: FreshDatabase
let opened: ReturnType<typeof openDb>
let admin: postgres.Sql
let key: string

beforeAll(async () => {
  database = await freshDatabase()
  opened = openDb(database.url)
  admin = postgres(database.url, { max: 1 })
  const { keys } = await createApplication({ db: opened.db, secrets: [] }, { name: 'Keys' })
  key = keys.publishable
})
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance'] })
})
afterEach(() => {
  vi.useRealTimers()
})
afterAll(async () => {
  await opened.close()
  await admin.end()
  await database.drop()
})

/** Until nothing runs that was not waited for. */
const quiet = () => expect.poll(() => opened.pools().every(({ used }) => used === 0)).toBe(true)

/** While no look-up of a key can be answered. */
const locked = (work: (tx: postgres.TransactionSql) => Promise<void>) =>
  admin.begin(async tx => {
    await tx`lock table api_keys in access exclusive mode`
    await work(tx)
  })

test('a call with a key in use waits for no look-up, and knows nothing older than the time given', async () => {
  const { find } = createCredentials(opened, { ttlMs: 1000 })
  expect(await find(digestOf(key))).toBeDefined()
  vi.advanceTimersByTime(600)
  expect(await find(digestOf(key))).toBeDefined()
  await quiet()
  vi.advanceTimersByTime(600)
  await locked(async () => expect(await find(digestOf(key))).toBeDefined())
  await quiet()
  await admin`update api_keys set revoked_at = now()`
  vi.advanceTimersByTime(1000)
  expect(await find(digestOf(key))).toBeUndefined()
  await admin`update api_keys set revoked_at = null`
})

test('an answer that was asked for before everything was forgotten does not come back', async () => {
  const { find, forget } = createCredentials(opened, { ttlMs: 1000 })
  expect(await find(digestOf(key))).toBeDefined()
  vi.advanceTimersByTime(600)
  await locked(async () => {
    expect(await find(digestOf(key))).toBeDefined()
    forget()
  })
  await quiet()
  await admin`update api_keys set revoked_at = now()`
  expect(await find(digestOf(key))).toBeUndefined()
})
