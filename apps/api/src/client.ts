import { BlockList, isIP } from 'node:net'
import { getConnInfo } from '@hono/node-server/conninfo'
import { isPublic } from '@sparekey/webhook/address'
import type { Context } from 'hono'
import { headerOf } from './incoming.ts'

/** Where a call came from. `ip` is empty where there is no connection, as in tests. */
export interface Client {
  ip: string
  userAgent: string
}

const userAgentLength = 300

/**
 * Tells where calls come from: the connection's address, or what `X-Forwarded-For` says as far as each hop, read
 * from the right, is one of `trustProxy` (addresses and CIDR networks). Whatever a caller forges further left is
 * not looked at.
 */
export function createClientOf(trustProxy: readonly string[]): (c: Context) => Client {
  const trusted = trustedList(trustProxy)
  return c => {
    // Limits ask for it first, and then what writes it down.
    const known: Client | undefined = c.get('client')
    if (known) return known
    const client = {
      ip: addressOf(connectionAddress(c), headerOf(c, 'x-forwarded-for'), trusted),
      userAgent: (headerOf(c, 'user-agent') ?? '').slice(0, userAgentLength),
    }
    c.set('client', client)
    return client
  }
}

const forwarding = ['x-forwarded-for', 'forwarded', 'via', 'x-real-ip']

/** Whether a call comes from this machine or a network that is not public, and no proxy says that it is another's. */
export function isFromInside(c: Context): boolean {
  const address = plainAddress(connectionAddress(c))
  return (
    address !== undefined && !isPublic(address) && forwarding.every(name => c.req.header(name) === undefined)
  )
}

/** The caller's address, given the connection's and the header. */
export function addressOf(connection: string, forwarded: string | undefined, trusted: BlockList): string {
  let address = plainAddress(connection) ?? ''
  if (!forwarded) return address
  const hops = forwarded.split(',')
  while (hops.length > 0 && isTrusted(trusted, address)) {
    const next = plainAddress(hops.pop() ?? '')
    if (!next) break
    address = next
  }
  return address
}

export function trustedList(networks: readonly string[]): BlockList {
  const list = new BlockList()
  for (const network of networks) {
    const [address = '', bits] = network.split('/')
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4'
    if (bits === undefined) list.addAddress(address, family)
    else list.addSubnet(address, Number(bits), family)
  }
  return list
}

/** What limits count by: the address, or the /64 network of an IPv6 one, since one subscriber holds all of it. */
export function networkOf(ip: string): string {
  if (isIP(ip) !== 6) return ip
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(ip)?.[1]
  if (mapped) return mapped
  const [head = '', tail] = (ip.split('%')[0] ?? '').toLowerCase().split('::')
  const left = head === '' ? [] : head.split(':')
  const right = tail === undefined || tail === '' ? [] : tail.split(':')
  const dotted = right.some(group => group.includes('.')) ? 1 : 0
  const zeros = tail === undefined ? 0 : 8 - left.length - right.length - dotted
  const groups = [...left, ...Array<string>(Math.max(0, zeros)).fill('0'), ...right]
  const network = groups.slice(0, 4).map(group => group.replace(/^0+(?=.)/, ''))
  return `${network.join(':')}::/64`
}

function isTrusted(trusted: BlockList, address: string): boolean {
  const family = isIP(address)
  return family !== 0 && trusted.check(address, family === 6 ? 'ipv6' : 'ipv4')
}

/** Without port, brackets and zone; an IPv4 address mapped into IPv6 comes out as IPv4. */
function plainAddress(text: string): string | undefined {
  if (isIP(text) === 4) return text
  const trimmed = text.trim()
  const bare = /^\[([^\]]+)\](:\d+)?$/.exec(trimmed)?.[1] ?? /^([\d.]+):\d+$/.exec(trimmed)?.[1] ?? trimmed
  const address = bare.split('%')[0] ?? ''
  if (isIP(address) === 0) return undefined
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1]
  return mapped ?? address
}

function connectionAddress(c: Context): string {
  try {
    return getConnInfo(c).remote.address ?? ''
  } catch {
    return ''
  }
}
