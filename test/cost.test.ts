import { afterEach, expect, test } from 'vitest'
import { type Sparekey, startSparekey, until } from './support/sparekey.ts'

let sparekey: Sparekey | undefined
afterEach(() => sparekey?.close())

const people = 400
const emailOf = (n: number) => `p${n}@example.com`
/** What looking up a mail's own few rows takes, and some room. A walk through what is live would be hundreds. */
const mostEntries = 30

test('a mail takes no more index entries while many requests are live, though statistics were gathered while none was', async () => {
  sparekey = await startSparekey({ backend: 'redis', worker: false })
  const { sql, call } = sparekey
  const limits = { perAddressMinute: 100_000, perKeyMinute: 100_000 }
  const app = await sparekey.application({ limits })
  const lines = Array.from({ length: people }, (_, n) =>
    JSON.stringify({ login: emailOf(n), email: emailOf(n) }),
  )
  await call('POST', '/v1/accounts/import', {
    key: app.secret,
    body: lines.join('\n'),
    headers: { 'content-type': 'application/x-ndjson' },
  })
  // Many were live once, so that the indexes of those that are live have grown.
  await sql`
    insert into reset_requests (id, application_id, dialect, login, login_key, client, status, recipient_key, deliver_before,
      expires_at)
    select 'req_' || lpad(n::text, 26, '0'), ${app.id}, 'sparekey', 'past' || n, 'past' || n, '{}', 'sent', 'past' || n,
      now(), now() + interval '1 hour'
    from generate_series(1, 5000) n`
  await sql`update reset_requests set status = 'used'`
  await sql`vacuum analyze reset_requests`

  for (let n = 0; n < people; n++) {
    const { status } = await call('POST', '/v1/reset-requests', {
      key: app.publishable,
      body: { login: emailOf(n) },
    })
    expect(status).toBe(202)
  }
  const entriesBefore = await entriesRead(sparekey)
  const worker = await sparekey.startWorker()
  await until('all mails', async () => {
    const [tried] = await sql`select count(*)::int as n from mail_attempts`
    return tried?.n === people || undefined
  })
  // Its connections tell what they read as they end.
  await worker.close()
  expect((await entriesRead(sparekey)) - entriesBefore).toBeLessThan(mostEntries * people)
})

async function entriesRead({ sql }: Sparekey): Promise<number> {
  const [read] = await sql`
    select sum(idx_tup_read)::int as entries from pg_stat_user_indexes where relname in ('reset_requests', 'mails')`
  return read?.entries
}
