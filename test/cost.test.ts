import { afterEach, expect, test } from 'vitest'
import { type Sparekey, startSparekey, until } from './support/sparekey.ts'

let sparekey: Sparekey | undefined
afterEach(() => sparekey?.close())

const people = 400
const emailOf = (n: number) => `p${n}@example.com`
/** What looking up a mail's own few rows takes, and some room. A walk through what is live would be hundreds. */
const mostEntries = 30

test('a mail looks at few index entries while many requests are live, though statistics were gathered while none was', async () => {
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
      minted_at, expires_at, token_digest)
    select 'req_' || lpad(n::text, 26, '0'), ${app.id}, 'sparekey', 'past' || n, 'past' || n, '{}', 'sent', 'past' || n,
      now(), now(), now() + interval '1 hour', sha256(n::text::bytea)
    from generate_series(1, 5000) n`
  await sql`update reset_requests set status = 'used', ended_at = now()`
  await sql`vacuum analyze reset_requests`

  for (let n = 0; n < people; n++) {
    const { status } = await call('POST', '/v1/reset-requests', {
      key: app.publishable,
      body: { login: emailOf(n) },
    })
    expect(status).toBe(202)
  }
  const before = await readFigures(sparekey)
  const worker = await sparekey.startWorker()
  await until('all mails', async () => {
    const [tried] = await sql`select count(*)::int as n from mail_attempts`
    return tried?.n === people || undefined
  })
  // Its connections tell what they read as they end.
  await worker.close()
  const after = await readFigures(sparekey)
  expect(after.entriesRead - before.entriesRead).toBeLessThan(mostEntries * people)
  // Its request needs no entry anew as it becomes `sent`.
  expect(after.updatesInPlace - before.updatesInPlace).toBeGreaterThan(people / 2)
})

async function readFigures({ sql }: Sparekey) {
  const [read] = await sql`
    select (select sum(idx_tup_read) from pg_stat_user_indexes where relname in ('reset_requests', 'mails'))::int as entries,
      (select n_tup_hot_upd from pg_stat_user_tables where relname = 'reset_requests')::int as "inPlace"`
  return { entriesRead: read?.entries, updatesInPlace: read?.inPlace }
}
