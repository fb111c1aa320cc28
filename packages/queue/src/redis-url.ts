export interface RedisAddress {
  /** One host: plain. Several: a cluster. With `sentinel`: the sentinels that know the master. */
  hosts: { host: string; port: number }[]
  sentinel?: { master: string; password?: string }
  tls: boolean
  username?: string
  password?: string
  db: number
}

const shape =
  'a Redis URL must look like redis://user:password@host:6379/0, rediss://…, redis://host1:6379,host2:6379 ' +
  'or redis+sentinel://user:password@host1:26379,host2:26379/mastername'

/**
 * Reads `redis://`, `rediss://` (TLS), several hosts by comma (a cluster) and `redis+sentinel://…/mastername`
 * or `?name=mastername` (also `rediss+sentinel://`; `&db=` and `&sentinelPassword=` may follow). `valkey://` and
 * `valkeys://` mean the same as their Redis twins.
 * @throws TypeError that says what it must look like, without repeating the text, which holds a password.
 */
export function parseRedisUrl(text: string): RedisAddress {
  const match =
    /^(redis|rediss|valkey|valkeys)(\+sentinel)?:\/\/(?:([^@/]*)@)?([^/?@]+)(?:\/([^?]*))?(?:\?(.*))?$/.exec(
      text.trim(),
    )
  if (!match) throw new TypeError(shape)
  const [, scheme, sentinel, login, hostList = '', path = '', query] = match
  const parameters = new URLSearchParams(query)
  const colon = login?.indexOf(':') ?? -1
  const db = (sentinel ? parameters.get('db') : path || parameters.get('db')) || '0'
  const master = sentinel ? decode(path) || parameters.get('name') : undefined
  if (!/^\d{1,4}$/.test(db) || master === null) throw new TypeError(shape)
  const hosts = hostList.split(',').map(host => parseHost(host, sentinel ? 26_379 : 6_379))
  if (hosts.length > 1 && !sentinel && db !== '0') throw new TypeError(`${shape}; a cluster has no databases`)
  return {
    hosts,
    sentinel: master ? { master, password: parameters.get('sentinelPassword') ?? undefined } : undefined,
    tls: scheme === 'rediss' || scheme === 'valkeys',
    username: login && colon > 0 ? decode(login.slice(0, colon)) : undefined,
    password: login ? decode(login.slice(colon + 1)) || undefined : undefined,
    db: Number(db),
  }
}

function parseHost(text: string, defaultPort: number): { host: string; port: number } {
  const match = /^(\[[0-9a-fA-F:.]+\]|[^:[\]\s]+)(?::(\d{1,5}))?$/.exec(text.trim())
  const port = Number(match?.[2] ?? defaultPort)
  if (!match?.[1] || port < 1 || port > 65_535) throw new TypeError(shape)
  return { host: match[1].replace(/^\[|\]$/g, ''), port }
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw new TypeError(shape)
  }
}
