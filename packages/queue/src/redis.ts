import { Cluster, Redis, type RedisOptions } from 'ioredis'
import { type Log, watchReach } from './reach.ts'
import { parseRedisUrl, type RedisAddress } from './redis-url.ts'

export type RedisClient = Redis | Cluster

/**
 * Opens a client for other uses than queues, such as rate limits. It connects at its first command. Commands fail
 * at once while Redis is away and after a second when it does not answer; it reconnects by itself, and nothing it
 * does can end the process. Close it with `disconnect()`.
 * @throws TypeError when the address cannot be read.
 */
export function openRedis(url: string, log?: Log): RedisClient {
  const client = createClient(parseRedisUrl(url), { patient: false })
  const reach = log && watchReach(log, 'redis')
  client.on('ready', () => reach?.up())
  client.on('error', error => reach?.down(error))
  return client
}

/**
 * A client with the project's timeouts. Patient ones (workers) hold commands until Redis is back, and connect at
 * once; the others connect at their first command and fail at once while Redis is away.
 */
export function createClient(address: RedisAddress, { patient }: { patient: boolean }): RedisClient {
  const retry = (times: number) => Math.min(100 * 2 ** Math.min(times, 5), 2_000) * (0.75 + Math.random() / 2)
  const options: RedisOptions = {
    username: address.username,
    password: address.password,
    tls: address.tls ? {} : undefined,
    keepAlive: 10_000,
    connectTimeout: patient ? 10_000 : 900,
    commandTimeout: patient ? undefined : 1_000,
    // A server that hangs, or whose machine is gone, closes no connection. A worker's wait takes up to 11 s by itself.
    socketTimeout: patient ? 12_000 : 2_000,
    maxRetriesPerRequest: patient ? null : 0,
    autoResendUnfulfilledCommands: patient,
    // After a failover the old master answers READONLY: reconnect, which finds the new one, and there ask it again.
    reconnectOnError: error => error.message.includes('READONLY') && (patient ? 2 : 1),
  }
  const [first] = address.hosts
  let client: RedisClient
  if (address.sentinel) {
    client = new Redis({
      ...options,
      sentinels: address.hosts,
      name: address.sentinel.master,
      sentinelPassword: address.sentinel.password,
      enableTLSForSentinelMode: address.tls,
      sentinelTLS: address.tls ? {} : undefined,
      sentinelRetryStrategy: retry,
      sentinelCommandTimeout: 1_000,
      db: address.db,
      retryStrategy: retry,
      lazyConnect: !patient,
    })
  } else if (address.hosts.length > 1) {
    client = new Cluster(address.hosts, {
      redisOptions: options,
      clusterRetryStrategy: retry,
      slotsRefreshTimeout: patient ? 5_000 : 900,
      // Patient ones wait a minute for a replica to take over, as they wait for a single server.
      maxRedirections: patient ? 240 : 16,
      retryDelayOnFailover: patient ? 250 : 100,
      retryDelayOnClusterDown: patient ? 250 : 100,
      lazyConnect: !patient,
      // A managed cluster's certificates name hosts, not the addresses they resolve to.
      dnsLookup: address.tls ? (host, found) => found(null, host) : undefined,
    })
  } else {
    client = new Redis({ ...options, ...first, db: address.db, retryStrategy: retry, lazyConnect: !patient })
  }
  client.on('error', () => {})
  if (!patient) failFast(client)
  return client
}

/**
 * The very first command may wait for the connection that it opens; from then on a command without a connection
 * fails. Were the offline queue off from the start, that first command would always fail.
 */
function failFast(client: RedisClient) {
  const stopQueueing = () => {
    client.options.enableOfflineQueue = false
  }
  client.once('ready', stopQueueing)
  client.once('close', stopQueueing)
}
