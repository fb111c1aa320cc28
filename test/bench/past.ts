import type postgres from 'postgres'

/** What a copy has instead of its original's value. `n` counts from 1; times lie within the last four weeks. */
const own: Record<string, string> = {
  id: `'{prefix}_' || lpad(n::text, 26, '0')`,
  request_id: `'req_' || lpad(n::text, 26, '0')`,
  mail_id: `'mail_' || lpad(n::text, 26, '0')`,
  login: `'past' || n || '@bench.example'`,
  login_key: `'past' || n || '@bench.example'`,
  to_address: `'past' || n || '@bench.example'`,
  recipient_key: `'acc_' || lpad((n % 1000000)::text, 26, '0')`,
  account_id: 'null',
  seed: 'null',
  token_digest: 'null',
  code_digest: 'null',
  code_lookup: 'null',
  created_at: `now() - interval '28 days' * (1 - n / {rows}::float8)`,
  ended_at: `now() - interval '28 days' * (1 - n / {rows}::float8)`,
}

/**
 * Fills a database with requests of the past, with their mails and attempts: copies of one that Sparekey itself
 * delivered, but for what must differ. They are expired, as housekeeping leaves them, and so it leaves them alone until their
 * retention ends.
 */
export async function makePast(sql: postgres.Sql, rows: number): Promise<void> {
  // Constraints and triggers have no say in this session, and indexes are made afterwards: by row they would take an hour.
  await sql.unsafe(`set session_replication_role = replica; set maintenance_work_mem = '1GB'`)
  await copyRows(sql, 'reset_requests', rows, { status: `'expired'` })
  await copyRows(sql, 'mails', rows, {})
  await copyRows(sql, 'mail_attempts', rows, { id: undefined })
  await makeFigures(sql)
  await sql.unsafe('vacuum analyze')
}

async function copyRows(
  sql: postgres.Sql,
  table: string,
  rows: number,
  more: Record<string, string | undefined>,
): Promise<void> {
  const prefix = table === 'mails' ? 'mail' : 'req'
  const values = { ...own, ...more }
  const columns = await sql<{ name: string }[]>`
    select column_name as name from information_schema.columns
    where table_name = ${table} and table_schema = 'public' and is_generated = 'NEVER'`
  const copied = columns.filter(({ name }) => !(name in values) || values[name] !== undefined)
  const expressions = copied.map(({ name }) =>
    (values[name] ?? `one."${name}"`).replace('{prefix}', prefix).replace('{rows}', `${rows}`),
  )
  const indexes = await sql<{ name: string; definition: string }[]>`
    select indexname as name, indexdef as definition from pg_indexes
    where tablename = ${table} and indexname not in (select conname from pg_constraint)`
  for (const { name } of indexes) await sql.unsafe(`drop index "${name}"`)
  const joined = table === 'mail_attempts' ? 'mail_attempts' : `${table} where status = 'sent'`
  await sql.unsafe(`
    insert into ${table} (${copied.map(({ name }) => `"${name}"`).join()})
    select ${expressions.join()} from (select * from ${joined} limit 1) one, generate_series(1, ${rows}) n`)
  for (const { definition } of indexes) await sql.unsafe(definition)
}

/** Applications that were busy in each hour and minute that figures are kept of. */
const busyApplications = 500

/** What was counted meanwhile: of many applications, which all take part in every ranking. */
async function makeFigures(sql: postgres.Sql): Promise<void> {
  await sql.unsafe(`
    insert into applications
    select (jsonb_populate_record(one, jsonb_build_object(
      'id', 'app_' || lpad(n::text, 26, '0'), 'slug', 'past-' || n, 'name', 'Past ' || n))).*
    from (select a from applications a limit 1) as first (one), generate_series(1, ${busyApplications}) n`)
  await sql.unsafe(`
    insert into figures (grain, at, subject, name, value)
    select grain, date_trunc(grain, now()) - ('1 ' || grain)::interval * ago, subject, name, value
    from (values ('hour', 168), ('minute', 180)) as kept (grain, most)
    cross join lateral generate_series(0, most) as ago
    cross join (
      select dialect || 'app:' || id, name, case name when 'failed' then n % 7 else n end
      from (select id, row_number() over () as n from applications where slug like 'past-%') as each
      cross join (values (''), ('dialect:sparekey ')) as own (dialect)
      cross join (values ('accepted'), ('sent'), ('failed')) as each_counts (name)
      union all
      select subject, name, ${busyApplications}
      from (values ('all'), ('dialect:sparekey')) as own (subject)
      cross join (
        values ('accepted'), ('sent'), ('failed')
        union all select 'latency:' || bucket from generate_series(1, 40) as bucket
        union all select 'accepted@mail' || server || '.bench.example' from generate_series(1, 3) as server
      ) as all_counts (name)
    ) as counted (subject, name, value)
    on conflict do nothing`)
}
