import { readFile } from 'node:fs/promises'
import postgres from 'postgres'

/** What an operator wants to know of a database. */
export interface DatabaseLook {
  roundTripMs: number
  /** As Postgres says it, such as `17.2`. */
  version: string
  major: number
  /** How far its clock is before this machine's; negative: behind. */
  clockAheadMs: number
  /** What keeps a commit over a crash of the server. */
  settings: { synchronous_commit: string; fsync: string }
  /** Migrations that it has not had yet. */
  pending: string[]
  /** It has had migrations that are not among ours. */
  ahead: boolean
}

const journal = new URL('../../../drizzle/meta/_journal.json', import.meta.url)

/** Looks at a database in a transaction that can only read. Rejects with the driver's error. */
export async function lookAtDatabase(
  url: string,
  { connectSeconds = 4 }: { connectSeconds?: number } = {},
): Promise<DatabaseLook> {
  const client = postgres(url, {
    max: 1,
    connect_timeout: connectSeconds,
    connection: { application_name: 'sparekey', statement_timeout: 4_000 },
    onnotice: () => {},
  })
  try {
    return await client.begin('read only', async sql => {
      const [server] = await sql`
        select current_setting('server_version') as version,
          current_setting('server_version_num')::int as number,
          current_setting('synchronous_commit') as synchronous_commit,
          current_setting('fsync') as fsync`
      const [started, from] = [performance.now(), Date.now()]
      const [clock] = await sql`select extract(epoch from clock_timestamp())::float8 * 1000 as ms`
      const roundTripMs = performance.now() - started
      return {
        roundTripMs,
        version: `${server?.version}`.split(' ')[0] ?? '',
        major: Math.floor(Number(server?.number) / 10_000),
        clockAheadMs: Number(clock?.ms) - (from + roundTripMs / 2),
        settings: { synchronous_commit: server?.synchronous_commit, fsync: server?.fsync },
        ...(await lookAtMigrations(sql)),
      }
    })
  } finally {
    await client.end({ timeout: 1 })
  }
}

/** Like drizzle, which runs whatever is newer than the newest that it ran. */
async function lookAtMigrations(
  sql: postgres.TransactionSql,
): Promise<{ pending: string[]; ahead: boolean }> {
  const { entries } = JSON.parse(await readFile(journal, 'utf8')) as {
    entries: { tag: string; when: number }[]
  }
  const [table] = await sql`select to_regclass('drizzle.__drizzle_migrations') is not null as there`
  const [newest] = table?.there
    ? await sql`select max(created_at)::float8 as at from drizzle.__drizzle_migrations`
    : []
  const at = newest?.at ?? Number.NEGATIVE_INFINITY
  return {
    pending: entries.filter(({ when }) => when > at).map(({ tag }) => tag),
    ahead: entries.every(({ when }) => when < at),
  }
}
