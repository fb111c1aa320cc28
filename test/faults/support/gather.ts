import PostalMime from 'postal-mime'
import type postgres from 'postgres'
import type { Evidence, Message } from './evidence.ts'
import type { Given } from './mail-server.ts'
import { lookInto } from './redis.ts'

/** What a person reads in the messages that a server was given. */
export async function readMessages(given: readonly Given[]): Promise<Message[]> {
  return await Promise.all(
    given.map(async ({ source, ...rest }) => {
      const { messageId = '', text = '' } = await PostalMime.parse(Buffer.from(source, 'latin1'))
      return {
        ...rest,
        mailId: /^<?([^@]*)@/.exec(messageId)?.[1] ?? messageId,
        token: /#([A-Za-z0-9_-]{43})\b/.exec(text)?.[1],
        code: /^\s*(\d{4} \d{4})\s*$/m.exec(text)?.[1]?.replace(' ', ''),
      }
    }),
  )
}

/** Whose messages these are the beginnings of. */
export const readIds = (beginnings: readonly string[]): string[] =>
  beginnings.map(text => /^Message-ID:\s*<([^@>]*)@/im.exec(text)?.[1] ?? text)

/** What the database says became of requests and mails. */
export async function readRows(sql: postgres.Sql): Promise<Pick<Evidence, 'requests' | 'mails'>> {
  const requests = await sql<Evidence['requests']>`
    select id, application_id as "applicationId", login, status, reason, recipient_key as "recipientKey",
      status in ('sending', 'sent', 'unknown') and token_digest is not null and expires_at > now() as live
    from reset_requests order by id`
  const mails = await sql<Evidence['mails']>`
    select id, request_id as "requestId", kind, status, to_address as "toAddress",
      (select count(*)::int from mail_attempts a where a.mail_id = mails.id and a.outcome = 'accepted') as accepted,
      (select count(*)::int from mail_attempts a where a.mail_id = mails.id and a.outcome = 'refused') as refused,
      (select count(*)::int from mail_attempts a where a.mail_id = mails.id and a.transport = 'worker')
        + (reason is not distinct from 'the worker ended while it was sending')::int as cut
    from mails order by id`
  return { requests: [...requests], mails: [...mails] }
}

/** Every row of every table, queues included, and every key and value of a Redis, as text. */
export async function readStores(sql: postgres.Sql, redisUrl?: string): Promise<Evidence['texts']> {
  const tables = await sql<{ schema: string; name: string }[]>`
    select table_schema as schema, table_name as name from information_schema.tables
    where table_type = 'BASE TABLE' and table_schema not in ('pg_catalog', 'information_schema')`
  const texts: Evidence['texts'] = []
  for (const { schema, name } of tables) {
    const rows = await sql<{ text: string }[]>`select t::text as text from ${sql(schema)}.${sql(name)} t`
    texts.push({ where: `${schema}.${name}`, text: rows.map(({ text }) => text).join('\n') })
  }
  if (redisUrl) texts.push({ where: 'redis', text: await dumpRedis(redisUrl) })
  return texts
}

async function dumpRedis(url: string): Promise<string> {
  const redis = lookInto(url)
  const readers: Record<string, (key: string) => string[]> = {
    string: key => ['get', key],
    hash: key => ['hgetall', key],
    list: key => ['lrange', key, '0', '-1'],
    set: key => ['smembers', key],
    zset: key => ['zrange', key, '0', '-1', 'withscores'],
    stream: key => ['xrange', key, '-', '+'],
  }
  const lines: string[] = []
  try {
    let cursor = '0'
    do {
      const [next, keys] = (await redis.call('scan', cursor, 'count', '1000')) as [string, string[]]
      cursor = next
      for (const key of keys) {
        const [command = 'ping', ...rest] = readers[String(await redis.call('type', key))]?.(key) ?? []
        lines.push(key, JSON.stringify(await redis.call(command, ...rest)))
      }
    } while (cursor !== '0')
  } finally {
    redis.disconnect()
  }
  return lines.join('\n')
}
