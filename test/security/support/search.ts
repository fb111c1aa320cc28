import { openRedis } from '@sparekey/queue/redis'
import type postgres from 'postgres'

/** Every way in which a secret may lie around in text: as it is, url-encoded, in hex, in base64 at each alignment. */
export function formsOf(secret: string): string[] {
  const bytes = [Buffer.from(secret)]
  // A token is 256 bits in base64url: its own bytes would be as bad.
  if (/^[\w-]{43}$/.test(secret)) bytes.push(Buffer.from(secret, 'base64url'))
  const forms = bytes.flatMap(each => [
    each.toString('hex'),
    each.toString('hex').toUpperCase(),
    ...[0, 1, 2].flatMap(shift => {
      const shifted = Buffer.concat([Buffer.alloc(shift), each])
      // What stands at the edges depends on the neighbours.
      const kept = (text: string) => text.replace(/=+$/, '').slice(shift === 0 ? 0 : 4, -1)
      return [kept(shifted.toString('base64')), kept(shifted.toString('base64url'))]
    }),
  ])
  const escaped = [...secret].map(letter => `%${letter.charCodeAt(0).toString(16)}`).join('')
  return [...new Set([secret, escaped, escaped.toUpperCase(), encodeURIComponent(secret), ...forms])]
}

/** Where a secret was found, by place and form; empty is what one hopes for. */
export function searchFor(secret: string, places: Record<string, string>): string[] {
  return Object.entries(places).flatMap(([place, text]) =>
    formsOf(secret)
      .filter(form => text.includes(form))
      .map(form => `${place}: ${form.slice(0, 12)}…`),
  )
}

/** The same for a code of eight digits, as it is typed and as it is shown: as text not within a longer number. */
export function searchForCode(code: string, places: Record<string, string>): string[] {
  return [code, `${code.slice(0, 4)} ${code.slice(4)}`].flatMap(shown => {
    const alone = new RegExp(`(?<!\\d)${shown}(?!\\d)`)
    return Object.entries(places).flatMap(([place, text]) =>
      formsOf(shown)
        .filter(form => (form === shown ? alone.test(text) : text.includes(form)))
        .map(form => `${place}: ${form.slice(0, 4)}…`),
    )
  })
}

/** Every row of every table, of the queue's too, as text. */
export async function dumpPostgres(sql: postgres.Sql): Promise<string> {
  const tables = await sql<{ name: string }[]>`
    select format('%I.%I', table_schema, table_name) as name from information_schema.tables
    where table_type = 'BASE TABLE' and table_schema not in ('pg_catalog', 'information_schema')`
  const dumps = await Promise.all(
    tables.map(async ({ name }) => {
      const rows = await sql.unsafe<{ text: string }[]>(`select t::text as text from ${name} t`)
      return `${name}\n${rows.map(({ text }) => text).join('\n')}`
    }),
  )
  return dumps.join('\n')
}

type Reader = (...command: string[]) => Promise<unknown>
const readers: Record<string, (read: Reader, key: string) => Promise<unknown>> = {
  string: (read, key) => read('get', key),
  hash: (read, key) => read('hgetall', key),
  list: (read, key) => read('lrange', key, '0', '-1'),
  set: (read, key) => read('smembers', key),
  zset: (read, key) => read('zrange', key, '0', '-1'),
  stream: (read, key) => read('xrange', key, '-', '+'),
}

/** Every key of a Redis database with its value, as text. */
export async function dumpRedis(url: string): Promise<string> {
  const redis = openRedis(url)
  const read: Reader = (name = '', ...rest) => redis.call(name, ...rest)
  try {
    const keys = (await read('keys', '*')) as string[]
    const values = await Promise.all(
      keys.map(async key => {
        const type = String(await read('type', key))
        const reader = readers[type]
        if (!reader) throw new Error(`no reader for a ${type}`)
        return `${key} ${JSON.stringify(await reader(read, key))}`
      }),
    )
    return values.join('\n')
  } finally {
    redis.disconnect()
  }
}
