/** One variable's text to its value, or undefined where it is wrong. Pure. */
import { createHash } from 'node:crypto'
import { BlockList, isIP } from 'node:net'
import { resolve } from 'node:path'
import type { DkimFile, Secret } from './config.ts'

export function integer(text: string, least: number, most: number): number | undefined {
  if (!/^\d{1,9}$/.test(text)) return undefined
  const value = Number(text)
  return value >= least && value <= most ? value : undefined
}

export const port = (text: string): number | undefined => integer(text, 1, 65_535)

export function oneOf<const T extends string>(text: string, values: readonly T[]): T | undefined {
  return values.find(value => value === text.toLowerCase())
}

export function onOff(text: string): boolean | undefined {
  const word = oneOf(text, ['on', 'off'])
  return word === undefined ? undefined : word === 'on'
}

export function host(text: string): string | undefined {
  return isIP(text) || /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/i.test(text) ? text : undefined
}

export function url(text: string, protocols: readonly string[]): string | undefined {
  if (!URL.canParse(text)) return undefined
  const parsed = new URL(text)
  return protocols.includes(parsed.protocol) && parsed.hostname ? text : undefined
}

export function urls(text: string, protocols: readonly string[]): string[] | undefined {
  const parts = text.split(',').map(part => url(part.trim(), protocols))
  return parts.every(part => part !== undefined) ? parts : undefined
}

const redisShape = /^(?:redis|valkey)s?(\+sentinel)?:\/\/(?:[^@/]*@)?([^/?@]+)(?:\/([^?]*))?(?:\?(.*))?$/
const redisHost = /^(\[[\da-f:.]+\]|[^:[\]\s]+)(:\d{1,5})?$/i

/** What packages/queue can read. Several hosts by comma are a cluster, or the sentinels of a master that must be named. */
export function redisUrl(text: string): string | undefined {
  const [, sentinel, hosts = '', path, query] = redisShape.exec(text) ?? []
  if (!hosts.split(',').every(host => redisHost.test(host.trim()))) return undefined
  return sentinel && !path && !new URLSearchParams(query).get('name') ? undefined : text
}

export function origin(text: string): string | undefined {
  const parsed = URL.canParse(text) ? new URL(text) : undefined
  if (!parsed || !['http:', 'https:'].includes(parsed.protocol) || parsed.username || parsed.password)
    return undefined
  return text === parsed.origin || text === `${parsed.origin}/` ? parsed.origin : undefined
}

/** `Name <local@domain>` or a bare address. */
export function sender(text: string): { name: string; address: string } | undefined {
  const match = /^(?:"?([^"<>\r\n]*?)"?\s*<([^<>\s]+)>|([^<>\s]+))$/.exec(text)
  const address = match?.[2] ?? match?.[3]
  return address && /^[^@\s,;:]+@[^@\s,;:]+$/.test(address)
    ? { name: match?.[1]?.trim() ?? '', address }
    : undefined
}

export function adminKey(text: string): string | undefined {
  return /^\S{24,200}$/.test(text) ? text : undefined
}

export function secrets(text: string): Secret[] | undefined {
  const keys = text.split(',').map(part => {
    const key = Buffer.from(part.trim(), 'base64')
    return key.length === 32 ? { id: secretId(key), key } : undefined
  })
  return keys.every(key => key !== undefined) ? keys : undefined
}

function secretId(key: Buffer): string {
  return createHash('sha256').update('sparekey secret id').update(key).digest('hex').slice(0, 8)
}

const label = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/

/** `selector@domain=path`, several by comma; the names in lower case, the paths made absolute. */
export function dkimFiles(text: string): DkimFile[] | undefined {
  const files = text.split(',').map(part => {
    const [, selector = '', domain = '', path = ''] = /^([^@=]+)@([^@=]+)=(.+)$/.exec(part.trim()) ?? []
    const names = [selector.toLowerCase(), domain.toLowerCase()] as const
    const named = names.every(name => name.length < 254 && name.split('.').every(each => label.test(each)))
    // Somebody may have set the key itself.
    if (!named || !domain.includes('.') || /\p{Cc}|-----BEGIN/u.test(path)) return undefined
    return { selector: names[0], domain: names[1], path: resolve(path.trim()) }
  })
  if (!files.every(file => file !== undefined)) return undefined
  const places = new Set(files.map(({ selector, domain }) => `${selector}@${domain}`))
  return places.size === files.length ? files : undefined
}

export function networks(text: string): string[] | undefined {
  const list = new BlockList()
  const parts = text.split(',').map(part => part.trim())
  for (const part of parts) {
    const [address = '', prefix] = part.split('/')
    const family = isIP(address)
    if (!family) return undefined
    if (prefix === undefined) continue
    const bits = integer(prefix, 0, family === 4 ? 32 : 128)
    if (bits === undefined) return undefined
    list.addSubnet(address, bits, family === 4 ? 'ipv4' : 'ipv6')
  }
  return parts
}
