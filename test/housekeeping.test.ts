import { openDb } from '@sparekey/db/db'
import { enqueueLost } from '@sparekey/reset/housekeeping/enqueue-lost'
import { expire } from '@sparekey/reset/housekeeping/expire'
import { purge } from '@sparekey/reset/housekeeping/purge'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Sparekey, startSparekey } from './support/sparekey.ts'

// More than two batches.
const many = 2_300
let sparekey: Sparekey
let database: ReturnType<typeof openDb>
beforeAll(async () => {
  sparekey = await startSparekey({ worker: false })
  database = openDb(sparekey.databaseUrl)
})
afterAll(async () => {
  await database?.close()
  await sparekey?.close()
})

const added: string[] = []
const context = () => ({
  db: database.db,
  queues: {
    async add(_queue: string, jobs: readonly { id: string }[]) {
      added.push(...jobs.map(({ id }) => id))
    },
  },
  secrets: [],
  log: { info() {}, warn() {} },
})

/** An application with this many requests whose ids begin so, out of time after so many minutes. */
async function requests(prefix: string, minutes: number): Promise<string> {
  const { id } = await sparekey.application()
  await sparekey.sql`insert into reset_requests (id, application_id, dialect, login, login_key, client, status, enqueued_at, deliver_before)
    select ${prefix} || n, ${id}, 'sparekey', 'x', 'x', '{}', 'accepted', now() - interval '1 hour', now() + make_interval(mins => ${minutes})
    from generate_series(1, ${many}) as n`
  return id
}

test('what lost its job is offered once however long that takes, and what is out of time is not', async () => {
  await requests('lost_', 10)
  const late = await requests('late_', -10)
  // As if each batch took longer than a job may be unheard of.
  expect(await enqueueLost(context(), 0)).toBe(many)
  expect(new Set(added).size).toBe(many)
  expect(added.every(id => id.startsWith('lost_'))).toBe(true)

  expect(await expire(context())).toBe(many)
  const statuses = await sparekey.sql`select application_id, status, reason, count(*)::int from reset_requests
    where application_id = ${late} group by 1, 2, 3`
  expect(statuses).toMatchObject([
    { status: 'failed', reason: 'out of time: no worker took it', count: many },
  ])
})

test('mails and links that are over end, whatever their number, and are deleted after their days', async () => {
  const sent = await requests('sent_', 10)
  await sparekey.sql`update reset_requests set status = 'sent', minted_at = now(), recipient_key = id,
    token_digest = sha256(id::bytea), expires_at = now() - interval '1 minute' where application_id = ${sent}`
  const stuck = await requests('stuck_', 10)
  await sparekey.sql`update reset_requests set status = 'sending', minted_at = now(), recipient_key = id,
    token_digest = sha256(id::bytea), expires_at = now() - interval '1 minute' where application_id = ${stuck}`
  await sparekey.sql`insert into mails (id, application_id, request_id, generation, kind, recipient_key, to_address, locale, status, deliver_before)
    select 'mail_' || id, application_id, id, 1, 'reset', id, 'x@example.com', 'en', 'queued', now() - interval '1 minute'
    from reset_requests where application_id = ${stuck}`
  expect(await expire(context())).toBe(2 * many)
  const ends = (id: string) => sparekey.sql`select status, count(*)::int from reset_requests
    where application_id = ${id} and token_digest is null group by 1`
  expect(await ends(sent)).toEqual([{ status: 'expired', count: many }])
  expect(await ends(stuck)).toEqual([{ status: 'failed', count: many }])

  await sparekey.sql`update reset_requests set ended_at = now() - interval '31 days' where application_id in ${sparekey.sql([sent, stuck])}`
  await sparekey.sql`insert into idempotency_keys (application_id, route, key_digest, body_digest, request_id, created_at)
    select ${sent}, 'x', sha256(n::text::bytea), '', 'x', now() - interval '25 hours' from generate_series(1, ${many}) as n`
  await sparekey.sql`insert into idempotency_keys (application_id, route, key_digest, body_digest, request_id)
    values (${sent}, 'x', '', '', 'x')`
  expect(await purge(context(), 30)).toBe(2 * many)
  expect(await sparekey.sql`select count(*)::int from idempotency_keys`).toEqual([{ count: 1 }])
  expect(await sparekey.sql`select count(*)::int from mails`).toEqual([{ count: 0 }])
})

test('an application is deleted with all of its many requests and accounts, and no other’s', async () => {
  const id = await requests('gone_', 10)
  const other = await requests('kept_', 10)
  await sparekey.sql`insert into accounts (id, application_id, login, login_key, email, email_key)
    select 'acc_' || n, ${id}, n, n, n, n from generate_series(1, ${many}) as n`
  const answer = await sparekey.call('DELETE', `/v1/applications/${id}`, { key: sparekey.adminKey })
  expect(answer.status).toBe(204)
  const left = await sparekey.sql`select application_id, count(*)::int from reset_requests
    where application_id in ${sparekey.sql([id, other])} group by 1`
  expect(left).toEqual([{ application_id: other, count: many }])
  expect(await sparekey.sql`select count(*)::int from accounts`).toEqual([{ count: 0 }])
})
