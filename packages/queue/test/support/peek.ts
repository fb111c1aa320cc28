import { Redis } from 'ioredis'
import { Client } from 'pg'
import type { Backend } from '../../src/backend.ts'

/** Looks into the server past the package's own door, as somebody who stole its data would. */
export function peek(backend: Backend) {
  return backend.kind === 'redis' ? peekRedis(backend) : peekPostgres(backend)
}

function peekRedis({ address, prefix }: Backend & { kind: 'redis' }) {
  async function on<T>(use: (redis: Redis) => Promise<T>): Promise<T> {
    const redis = new Redis({ ...address.hosts[0] })
    try {
      return await use(redis)
    } finally {
      redis.disconnect()
    }
  }
  return {
    clear: () => on(redis => redis.flushall()),
    job: (queue: string, id: string) =>
      on(redis => redis.hgetall(`${prefix}:${queue}:${id}`)) as Promise<Record<string, unknown>>,
    everything: () =>
      on(async redis => {
        const keys = await redis.keys('*')
        const values = await Promise.all(
          keys.map(async key => {
            const type = await redis.type(key)
            if (type === 'hash') return redis.hgetall(key)
            if (type === 'stream') return redis.xrange(key, '-', '+')
            return type === 'string' ? redis.get(key) : key
          }),
        )
        return JSON.stringify(values)
      }),
  }
}

function peekPostgres({ url }: Backend & { kind: 'postgres' }) {
  async function on<T>(use: (client: InstanceType<typeof Client>) => Promise<T>): Promise<T> {
    const client = new Client({ connectionString: url, options: '-c search_path=bullmq' })
    await client.connect()
    try {
      return await use(client)
    } finally {
      await client.end()
    }
  }
  const tables = async (client: InstanceType<typeof Client>) =>
    (
      await client.query<{ tablename: string }>(
        "SELECT tablename FROM pg_tables WHERE schemaname = 'bullmq' AND tablename <> 'migration'",
      )
    ).rows.map((row: { tablename: string }) => row.tablename)
  return {
    clear: () => on(async client => client.query(`TRUNCATE ${(await tables(client)).join(', ')}`)),
    job: (queue: string, id: string) =>
      on(async client => {
        const { rows } = await client.query('SELECT * FROM job WHERE queue = $1 AND id = $2', [queue, id])
        return { ...rows[0], failedReason: rows[0]?.failed_reason } as Record<string, unknown>
      }),
    everything: () =>
      on(async client => {
        const all: unknown[] = []
        for (const table of await tables(client))
          all.push((await client.query(`SELECT * FROM ${table}`)).rows)
        return JSON.stringify(all)
      }),
  }
}
