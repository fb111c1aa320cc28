import { createPostgresBackend, DEFAULT_SCHEMA, runMigrations } from 'bullmq'
import { Client, Pool } from 'pg'
import type { Link } from './backend.ts'
import type { QueueName } from './jobs.ts'
import { isOutage, type Reach } from './reach.ts'

/**
 * Connections that a worker of a queue holds at most: one listens, on the others jobs are finished and fetched, each by a
 * commit of its own. With 10 for the mails a start without Redis sends 690 of them a second: 540 with 4, 617 with 6, 719
 * with 16.
 */
export const workerConnections = (queue: QueueName): number => (queue === 'mail' ? 10 : 4)
/** Connections that the producers of one process hold at most. */
export const producerConnections = 3

/** Runs BullMQ's migrations on one connection. They take an advisory lock, so starters wait for each other. */
export async function preparePostgres(url: string): Promise<void> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 10_000 })
  client.on('error', () => {})
  try {
    await client.connect()
    await runMigrations(client, DEFAULT_SCHEMA)
  } finally {
    await client.end().catch(() => {})
  }
}

/** The queues' way to Postgres: a small pool of its own, never the application's. */
export function openPostgresLink(url: string, reach: Reach, queue?: QueueName): Link {
  const patient = queue !== undefined
  const pool = new Pool({
    ...withSearchPath(url),
    max: queue ? workerConnections(queue) : producerConnections,
    connectionTimeoutMillis: patient ? 5_000 : 900,
    query_timeout: patient ? 30_000 : 1_000,
    idleTimeoutMillis: 30_000,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    application_name: 'sparekey-queue',
  })
  pool.on('error', error => reach.odd(error))

  async function told<T>(work: Promise<T>): Promise<T> {
    try {
      const result = await work
      reach.up()
      return result
    } catch (error) {
      if (!isOutage(error)) throw error
      reach.down(error)
      throw patient ? asRefused(error) : error
    }
  }
  // BullMQ takes anything that looks like a pool.
  const connection = {
    options: pool.options,
    query: (text: string, params?: readonly unknown[]) => told(pool.query(text, params)),
    connect: () => told(pool.connect()),
    end: () => pool.end(),
    // Each of BullMQ's objects would add a listener for idle connections' errors and never take it off: see above.
    on() {},
  }
  let closed: Promise<unknown> | undefined
  return {
    connection: connection as unknown as Link['connection'],
    factory: createPostgresBackend as unknown as Link['factory'],
    async reach() {
      await connection.query('SELECT 1')
    },
    async close() {
      closed ??= Promise.race([pool.end(), new Promise(resolve => setTimeout(resolve, 2_000).unref())])
      await closed
    },
  }
}

/**
 * BullMQ waits and tries again only after ECONNREFUSED. After any other sign of an outage (a cut connection, a
 * server that is starting) its worker would ask again without a pause and drop a job's result.
 */
function asRefused(error: unknown): Error {
  return Object.assign(new Error('Postgres is out of reach', { cause: error }), { code: 'ECONNREFUSED' })
}

/**
 * BullMQ's statements name no schema. `options` in the URL would silently win over ours, so the two are joined.
 */
function withSearchPath(url: string): { connectionString: string; options: string } {
  const path = `-c search_path=${DEFAULT_SCHEMA}`
  const query = url.indexOf('?')
  if (query < 0) return { connectionString: url, options: path }
  const parameters = new URLSearchParams(url.slice(query + 1))
  const options = [parameters.get('options'), path].filter(Boolean).join(' ')
  parameters.delete('options')
  const rest = `${parameters}`
  return { connectionString: url.slice(0, query) + (rest && `?${rest}`), options }
}
