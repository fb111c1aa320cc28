import { openDb } from '@sparekey/db/db'
import { makeId } from '@sparekey/db/id'
import type { Sql } from 'postgres'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type FreshDatabase, freshDatabase } from '../../../test/support/database.ts'
import { createApplication } from '../src/applications.ts'
import { type NewRequest, writeTogether } from '../src/intake.ts'

let database: FreshDatabase
let opened: ReturnType<typeof openDb>
let applicationId: string

beforeAll(async () => {
  database = await freshDatabase()
  opened = openDb(database.url)
  const { application } = await createApplication({ db: opened.db, secrets: [] }, { name: 'Intake' })
  applicationId = application.id
})
beforeEach(async () => {
  await client().unsafe('delete from reset_requests')
})
afterAll(async () => {
  await opened.close()
  await database.drop()
})

const client = () => (opened.db.hot as unknown as { $client: Sql }).$client

const newRequest = (login: string): NewRequest => ({
  id: makeId('req'),
  applicationId,
  dialect: 'sparekey',
  login,
  loginKey: login,
  locale: null,
  redirectUrl: null,
  resetUrl: null,
  carries: 'link',
  codeDigits: null,
  metadata: null,
  client: {},
  recipient: null,
  deliverWithinMinutes: 15,
})

/** Writes requests at once. What became of each: undefined where it was written, else the error's code. */
async function write(logins: string[]): Promise<(string | undefined)[]> {
  const written = await Promise.allSettled(logins.map(login => writeTogether(opened.db)(newRequest(login))))
  return written.map(result => (result.status === 'rejected' ? result.reason.code : undefined))
}

const logins = async () =>
  (await client().unsafe('select login from reset_requests order by login')).map(({ login }) => login)

test('a request that Postgres refuses keeps none out that is written with it', async () => {
  expect(await write(['anna', 'no\u0000text', 'otto'])).toEqual([undefined, '22021', undefined])
  expect(await logins()).toEqual(['anna', 'otto'])
})

test('an insert that failed after it was carried out is not tried again', async () => {
  const { unsafe } = client()
  // Stands in for a line that breaks after the commit, with an error that nobody thought of.
  const broken = (...call: Parameters<typeof unsafe>) => ({
    async execute() {
      await unsafe(...call)
      throw Object.assign(new Error('the network is down'), { code: 'ENETDOWN' })
    },
  })
  Object.assign(client(), { unsafe: broken })
  try {
    expect(await write(['anna', 'otto'])).toEqual(['ENETDOWN', 'ENETDOWN'])
  } finally {
    Object.assign(client(), { unsafe })
  }
  expect(await logins()).toEqual(['anna', 'otto'])
})
