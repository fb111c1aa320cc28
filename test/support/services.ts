import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { migrate } from '@sparekey/db/migrate'
import { openEmbeddedPostgres } from '@sparekey/embedded/postgres'
import { openBackend, prepareBackend } from '@sparekey/queue/backend'
import postgres from 'postgres'
import type { TestProject } from 'vitest/node'
import { findRedis } from './executables.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    /** A real Redis, shared by all test files: take a prefix or a database number of your own. */
    redisUrl: string
    /** The Postgres server's own database, for making others. */
    postgresUrl: string
    /** Name of the migrated database that `freshDatabase` clones. */
    templateDatabase: string
  }
}

const template = 'sparekey_template'

let close: (() => Promise<void>) | undefined

/** Starts a Redis and a Postgres for the whole run. */
export async function setup(project: TestProject): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'sparekey-test-'))
  // Postgres may run as another user, who must be able to walk through.
  await chmod(folder, 0o755)
  const [redis, database] = await Promise.all([
    startRedis(folder),
    openEmbeddedPostgres({ dataDir: join(folder, 'data'), maxConnections: 300 }),
  ])
  await makeTemplate(database.url)
  project.provide('redisUrl', redis.url)
  project.provide('postgresUrl', database.url)
  project.provide('templateDatabase', template)
  close = async () => {
    await Promise.all([redis.close(), database.close()])
    await rm(folder, { recursive: true, force: true, maxRetries: 5 })
  }
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

async function startRedis(folder: string): Promise<{ url: string; close(): Promise<void> }> {
  const port = await freePort()
  const settings = ['--port', `${port}`, '--save', '', '--appendonly', 'no', '--bind', '127.0.0.1']
  const child = spawn(findRedis(), [...settings, '--maxmemory-policy', 'noeviction', '--dir', folder], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  await new Promise<void>((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', code => reject(new Error(`redis-server ended with ${code}`)))
    createInterface(child.stdout).on('line', line => {
      if (line.includes('Ready to accept connections')) resolve()
    })
  })
  return {
    url: `redis://127.0.0.1:${port}`,
    async close() {
      if (child.exitCode !== null || child.signalCode !== null) return
      const gone = once(child, 'exit')
      child.kill('SIGTERM')
      await gone
    },
  }
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const { port } = probe.address() as { port: number }
  probe.close()
  await once(probe, 'close')
  return port
}
