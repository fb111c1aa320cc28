import { migrate } from '@sparekey/db/migrate'
import { openBackend, prepareBackend } from '@sparekey/queue/backend'
import postgres from 'postgres'
import type { TestProject } from 'vitest/node'
import '../../tools/program.mjs'
import { startPostgres, startRedis } from './servers.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    /** A real Redis, shared by all test files: `freshRedis` takes a database of it. */
    redisUrl: string
    /** The Postgres server's own database, for making others. */
    postgresUrl: string
    /** Name of the migrated database that `freshDatabase` clones. */
    templateDatabase: string
  }
}

const template = 'sparekey_template'

let close: (() => Promise<unknown>) | undefined

/** Starts a Redis and a Postgres for the whole run; what tests start as processes is built by then. */
export async function setup(project: TestProject): Promise<void> {
  const [redis, database] = await Promise.all([startRedis(), startPostgres({ maxConnections: 300 })])
  close = () => Promise.all([redis.close(), database.close()])
  await makeTemplate(database.url)
  project.provide('redisUrl', redis.url)
  project.provide('postgresUrl', database.url)
  project.provide('templateDatabase', template)
}

/** Ends them. */
export async function teardown(): Promise<void> {
  await close?.()
}

async function makeTemplate(url: string): Promise<void> {
  const client = postgres(url, { max: 1, onnotice: () => {} })
  try {
    await client.unsafe(`create database ${template}`)
  } finally {
    await client.end()
  }
  const own = new URL(url)
  own.pathname = template
  await migrate(own.href)
  await prepareBackend(openBackend({ databaseUrl: own.href }))
}
