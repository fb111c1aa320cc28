import { createRedisBackend } from 'bullmq'
import { Cluster } from 'ioredis'
import { addTogether, defineAddScripts } from './add-together.ts'
import type { Link } from './backend.ts'
import type { Reach } from './reach.ts'
import { createClient, type RedisClient } from './redis.ts'
import type { RedisAddress } from './redis-url.ts'
import { shareScripts } from './shared-scripts.ts'

let warned = false

/** The queues' way to Redis: one client, which a worker doubles for its blocking wait. */
export function openRedisLink(
  address: RedisAddress,
  prefix: string,
  reach: Reach,
  { patient }: { patient: boolean },
): Link {
  let client: RedisClient | undefined
  function open(): RedisClient {
    if (client) return client
    client = quiet(defineAddScripts(shareScripts(createClient(address, { patient }))), reach)
    client.on('ready', () => reach.up())
    client.on('error', error => reach.down(error))
    return client
  }
  return {
    get connection() {
      return open()
    },
    factory: (...options) => addTogether(createRedisBackend(...options), open()),
    prefix,
    async reach() {
      await ready(open(), `${prefix}:reach`)
      reach.up()
    },
    async close() {
      client?.disconnect()
    },
  }
}

/**
 * Resolves on a connected client, rejects on one that is between two tries or not ready within a second. It asks for
 * a key of the queues, since in a cluster only the master that holds them counts.
 */
function ready(client: RedisClient, key: string): Promise<void> {
  if (client.status === 'ready') return look(client, key)
  if (client.status === 'wait') client.connect().catch(() => {})
  if (client.status === 'reconnecting' || client.status === 'end') return Promise.reject(refused())
  return new Promise<void>((resolve, reject) => {
    let last: unknown
    const timer = setTimeout(() => done(refused()), 1_000)
    const onError = (error: unknown) => {
      last = error
    }
    const onReady = () => done()
    const onClose = () => done(last ?? refused())
    function done(error?: unknown) {
      clearTimeout(timer)
      client.off('error', onError).off('ready', onReady).off('close', onClose)
      if (error) reject(error)
      else resolve()
    }
    client.on('error', onError).on('ready', onReady).on('close', onClose)
  })
}

async function look(client: RedisClient, key: string): Promise<void> {
  await client.exists(key)
}

function refused(): Error {
  return Object.assign(new Error('Connection is closed.'), { code: 'ECONNREFUSED' })
}

/**
 * BullMQ writes a warning about the eviction policy to the console for every connection it makes. This takes the
 * line out of what it reads, and warns once, in our log.
 */
function quiet(client: RedisClient, reach: Reach): RedisClient {
  const info = client.info.bind(client) as (...args: unknown[]) => Promise<string>
  const duplicate = client.duplicate.bind(client) as (...args: unknown[]) => RedisClient
  return Object.assign(client, {
    async info(...args: unknown[]) {
      // With a callback it is ioredis itself that asks, to see whether the server has loaded its data.
      if (args.length > 0) return info(...args)
      const text = await info()
      const policy = /^maxmemory_policy:(\S+)/m.exec(text)?.[1]
      if (policy && policy !== 'noeviction' && !warned) {
        warned = true
        reach.advise({ policy }, 'Redis may evict jobs: set maxmemory-policy to noeviction')
      }
      return text.replace(/^maxmemory_policy:.*$/m, '')
    },
    duplicate(...args: unknown[]) {
      const copy = duplicate(...args)
      copy.on('error', error => reach.down(error))
      // BullMQ gives a wait up after some seconds: one that came through later would swallow a job's wake-up call.
      if (copy instanceof Cluster) copy.options.maxRedirections = 16
      return quiet(shareScripts(copy), reach)
    },
  })
}
