import { randomBytes } from 'node:crypto'
import { createClient } from '@sparekey/queue/redis'
import { parseRedisUrl } from '@sparekey/queue/redis-url'
import postgres from 'postgres'
import { inject } from 'vitest'

/** A database of one test's own. */
export interface FreshDatabase {
  url: string
  /** Drops it, whoever is still connected. */
  drop(): Promise<void>
}

/** Clones the migrated template, which takes some 50 ms. */
export const freshDatabase = (): Promise<FreshDatabase> =>
  makeDatabase(`template ${inject('templateDatabase')}`)

/** Makes a database that nobody has migrated yet. */
export const emptyDatabase = (): Promise<FreshDatabase> => makeDatabase('')

/** Address of a database of the shared Redis that no other test has. */
export async function freshRedis(): Promise<string> {
  const url = inject('redisUrl')
  // A busy machine may take longer than the second that openRedis gives a command.
  const redis = createClient(parseRedisUrl(url), { patient: true })
  try {
    // Past the 16 that a Redis has by default, and the one that holds this number.
    return `${url}/${16 + (await redis.incr('taken'))}`
  } finally {
    redis.disconnect()
  }
}

async function makeDatabase(clause: string): Promise<FreshDatabase> {
  const name = `test_${randomBytes(6).toString('hex')}`
  await onServer(client => client.unsafe(`create database ${name} ${clause}`))
  const url = new URL(inject('postgresUrl'))
  url.pathname = name
  return {
    url: url.href,
    async drop() {
      await onServer(client => client.unsafe(`drop database if exists ${name} with (force)`))
    },
  }
}

async function onServer(work: (client: postgres.Sql) => Promise<unknown>): Promise<void> {
  const client = postgres(inject('postgresUrl'), { max: 1, onnotice: () => {} })
  try {
    await work(client)
  } finally {
    await client.end({ timeout: 5 })
  }
}
