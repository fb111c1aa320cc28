import type { BackendFactory, ConnectionOptions, RedisQueueBackend } from 'bullmq'
import type { QueueName } from './jobs.ts'
import { openPostgresLink, preparePostgres } from './postgres.ts'
import type { Reach } from './reach.ts'
import { openRedisLink } from './redis-link.ts'
import { parseRedisUrl, type RedisAddress } from './redis-url.ts'

/** Where the queues live. Opens nothing by itself. */
export type Backend =
  | { kind: 'redis'; address: RedisAddress; prefix: string }
  | { kind: 'postgres'; url: string }

/** One process's way to the queues' server. `patient` links (workers) wait out an outage; others fail at once. */
export interface Link {
  /** What BullMQ's constructors take; on Postgres a pool, which their types cannot say. */
  connection: ConnectionOptions
  factory: BackendFactory<RedisQueueBackend>
  prefix?: string
  /** Resolves when the server answers. Rejects within about a second when it does not. */
  reach(): Promise<void>
  /** Cuts the connections, within two seconds whatever the server does. */
  close(): Promise<void>
}

/**
 * Chooses Redis when `redisUrl` is given, else Postgres.
 * @throws TypeError when an address cannot be read; the text never repeats it.
 */
export function openBackend(options: { redisUrl?: string; databaseUrl: string; prefix?: string }): Backend {
  if (!options.redisUrl) return { kind: 'postgres', url: options.databaseUrl }
  // The braces keep all keys of all queues in one slot of a Redis cluster.
  return {
    kind: 'redis',
    address: parseRedisUrl(options.redisUrl),
    prefix: `{${options.prefix ?? 'sparekey'}}`,
  }
}

/**
 * Makes or brings up to date what the queues need in Postgres (schema `bullmq`). Any number of processes may call
 * it at once. Does nothing on Redis.
 */
export async function prepareBackend(backend: Backend): Promise<void> {
  if (backend.kind === 'postgres') await preparePostgres(backend.url)
}

/**
 * Opens a link; connects on first use. `queue`: a worker's, which waits for a server that is away; who adds jobs is told soon.
 */
export function openLink(backend: Backend, reach: Reach, queue?: QueueName): Link {
  return backend.kind === 'redis'
    ? openRedisLink(backend.address, backend.prefix, reach, { patient: queue !== undefined })
    : openPostgresLink(backend.url, reach, queue)
}
