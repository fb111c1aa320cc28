import { QueueUnavailableError } from '@sparekey/queue/errors'
import { lookAtPostgresQueues, lookAtRedis, type RedisLook } from '@sparekey/queue/look'
import { CommandError } from '../failure.ts'
import { type Check, checkOf, type Finding, fail, lookOnce, milliseconds, ok, warn } from './check.ts'

const oldest = 5
const recommended = [6, 2]

/** Checks of Redis or Valkey, all from one look at it. */
export function redisChecks(redisUrl: string): Check[] {
  const looked = lookOnce(() => look(redisUrl))
  const without = 'it needs the server of the queues'
  return [
    checkOf('Queue', looked, server),
    checkOf('Queue eviction', looked, eviction, without),
    checkOf('Queue persistence', looked, persistence, without),
  ]
}

/** The check of queues that live in Postgres. */
export function postgresQueueCheck(databaseUrl: string, reachable: Promise<boolean>): Check {
  return {
    name: 'Queue',
    async run() {
      if (!(await reachable)) return warn('not looked at: it needs the database')
      const found = await lookAtPostgresQueues(databaseUrl)
      if (found === 'prepared') return ok('on the same Postgres, prepared')
      if (found === 'missing')
        return fail('on the same Postgres, which is not prepared for it', 'run sparekey migrate')
      return fail(
        'on the same Postgres, prepared by a newer Sparekey',
        'run the version that its other machines run',
      )
    },
  }
}

async function look(redisUrl: string): Promise<RedisLook> {
  try {
    return await lookAtRedis(redisUrl)
  } catch (error) {
    if (error instanceof TypeError) throw new CommandError(`REDIS_URL cannot be used, ${error.message}`)
    if (error instanceof QueueUnavailableError) throw new CommandError(refusal(error.code))
    throw error
  }
}

function refusal(code: string): string {
  if (/^(NOAUTH|WRONGPASS|ERR)$/.test(code))
    return `Redis refuses this user or password (${code}): check REDIS_URL`
  if (code === 'NOPERM') return `Redis does not let this user ask (NOPERM): let it use all commands`
  if (/CERT|SIGNED|ISSUER|ERR_TLS|ERR_SSL/.test(code))
    return `Redis's certificate does not hold (${code}): give it one for this name, or name your authority in NODE_EXTRA_CA_CERTS`
  if (code === 'ClusterAllFailedError')
    return 'No host of the Redis cluster answers: check REDIS_URL and whether they run'
  if (code === 'SentinelsUnreachable') return 'No sentinel answers: check REDIS_URL and whether they run'
  return `Redis is out of reach (${code}): check REDIS_URL and whether the server runs`
}

function server(look: RedisLook): Finding {
  const { server, version, layout, masters, master, roundTripMs } = look
  const as = { single: '', sentinel: `, master ${master} by sentinels`, cluster: `, a cluster of ${masters}` }
  const says = `${server} ${version}${as[layout]}, ${milliseconds(roundTripMs)} a round trip`
  const [major = 0, minor = 0] = version.split('.').map(Number)
  if (look.replica) return fail(`${says}: a replica, which takes no jobs`, 'name its master in REDIS_URL')
  if (look.clusterMember && layout !== 'cluster')
    return fail(`${says}: it belongs to a cluster`, 'name several of its hosts in REDIS_URL, by comma')
  if (major < oldest) return fail(`${says}: too old`, `use ${oldest}.0 or newer`)
  const [wantedMajor = 0, wantedMinor = 0] = recommended
  if (major < wantedMajor || (major === wantedMajor && minor < wantedMinor))
    return warn(`${says}: old`, `use ${recommended.join('.')} or newer`)
  return ok(says)
}

function eviction({ maxmemoryPolicy }: RedisLook): Finding {
  if (maxmemoryPolicy === 'noeviction') return ok('maxmemory-policy noeviction')
  return fail(
    `maxmemory-policy ${maxmemoryPolicy}: when memory runs short, jobs vanish`,
    'config set maxmemory-policy noeviction, and keep it in the configuration',
  )
}

function persistence({ appendOnly, save }: RedisLook): Finding {
  if (appendOnly) return ok('appendonly yes')
  if (save) return ok(`snapshots (save ${save})`)
  if (save === undefined)
    return warn('not appendonly, and the server does not tell whether it saves snapshots')
  return warn(
    'none: a restart forgets the jobs until housekeeping queues them again, and a pause for good',
    'config set appendonly yes, and keep it in the configuration',
  )
}
