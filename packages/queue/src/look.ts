import { assertSchemaCompatibility } from 'bullmq'
import { Cluster, type Redis } from 'ioredis'
import { Client } from 'pg'
import { QueueUnavailableError, serverCode } from './errors.ts'
import { createClient, type RedisClient } from './redis.ts'
import { parseRedisUrl } from './redis-url.ts'

/** What an operator wants to know of a Redis or Valkey. Of a cluster: of all its masters, the worst of each. */
export interface RedisLook {
  server: 'Redis' | 'Valkey'
  version: string
  roundTripMs: number
  layout: 'single' | 'sentinel' | 'cluster'
  /** How many masters a cluster has. */
  masters: number
  /** The master's name that the sentinels know it by. */
  master: string | undefined
  maxmemoryPolicy: string
  appendOnly: boolean
  /** When it saves snapshots; empty: never; undefined: it does not tell. */
  save: string | undefined
  /** It follows another server, and takes nothing itself. */
  replica: boolean
  /** It belongs to a cluster. */
  clusterMember: boolean
}

/** A cluster's client would go on trying. */
const patienceMs = 4_000

/**
 * Looks at the server of the queues.
 * @throws TypeError for an address that cannot be read, QueueUnavailableError with the reason's code for all else.
 */
export async function lookAtRedis(url: string): Promise<RedisLook> {
  const address = parseRedisUrl(url)
  const client = createClient(address, { patient: false })
  let last: unknown
  client.on('error', error => {
    last = error
  })
  const late = new Promise<never>((_, reject) => {
    setTimeout(() => reject(new QueueUnavailableError('ETIMEDOUT')), patienceMs).unref()
  })
  try {
    await Promise.race([client.ping(), late])
    const started = performance.now()
    await client.ping()
    const roundTripMs = performance.now() - started
    const masters = client instanceof Cluster ? client.nodes('master') : [client]
    const nodes = await Promise.all(masters.map(lookAtNode))
    const [first] = nodes
    if (!first) throw new QueueUnavailableError('ClusterAllFailedError')
    const { server, version, clusterMember, replica } = first
    return {
      server,
      version,
      clusterMember,
      replica,
      roundTripMs,
      layout: address.sentinel ? 'sentinel' : client instanceof Cluster ? 'cluster' : 'single',
      masters: masters.length,
      master: address.sentinel?.master,
      maxmemoryPolicy: (nodes.find(node => node.policy !== 'noeviction') ?? first).policy,
      appendOnly: nodes.every(node => node.appendOnly),
      save: (nodes.find(node => node.save === '') ?? first).save,
    }
  } catch (error) {
    // What broke the connection says more than that a command found none.
    throw new QueueUnavailableError(reasonOf(last ?? error), error)
  } finally {
    client.disconnect()
  }
}

/** Of many hosts that failed, what the last one said, where it said anything. */
function reasonOf(error: unknown): string {
  const { lastNodeError, message } = error as Error & { lastNodeError?: unknown }
  const told = serverCode(lastNodeError)
  if (told !== 'Error') return told
  return message.startsWith('All sentinels are unreachable') ? 'SentinelsUnreachable' : serverCode(error)
}

async function lookAtNode(node: RedisClient) {
  const info = await node.info()
  const field = (name: string) => new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(info)?.[1]
  const valkey = field('valkey_version')
  return {
    server: valkey ? ('Valkey' as const) : ('Redis' as const),
    version: valkey ?? field('redis_version') ?? '',
    policy: field('maxmemory_policy') ?? 'noeviction',
    appendOnly: field('aof_enabled') === '1',
    replica: field('role') === 'slave',
    clusterMember: field('cluster_enabled') === '1',
    save: await readSave(node as Redis),
  }
}

/** Managed servers do not let their settings be read. */
async function readSave(node: Redis): Promise<string | undefined> {
  try {
    const answer: unknown = await node.config('GET', 'save')
    const value = Array.isArray(answer) ? answer[1] : (answer as Record<string, unknown>).save
    return typeof value === 'string' ? value : undefined
  } catch {
    return undefined
  }
}

/**
 * Whether the queues' schema in Postgres is there and fits. Changes nothing.
 * @throws the driver's error where Postgres itself refuses.
 */
export async function lookAtPostgresQueues(url: string): Promise<'prepared' | 'missing' | 'newer'> {
  const client = new Client({
    connectionString: url,
    connectionTimeoutMillis: 4_000,
    query_timeout: 4_000,
    application_name: 'sparekey-queue',
  })
  client.on('error', () => {})
  try {
    await client.connect()
    return (await assertSchemaCompatibility(client)) > 0 ? 'prepared' : 'missing'
  } catch (error) {
    if (error instanceof Error && error.name === 'SchemaMigrationRequiredError') return 'missing'
    if (error instanceof Error && error.name === 'SchemaVersionMismatchError') return 'newer'
    throw error
  } finally {
    await client.end().catch(() => {})
  }
}
