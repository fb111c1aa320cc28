import type { LookupAddress } from 'node:dns'
import { BlockList, isIP } from 'node:net'
import ipaddr from 'ipaddr.js'

/**
 * Where Azure answers its machines' questions about themselves. It is of no special network, as those of other clouds are
 * (169.254.169.254, fd00:ec2::254, 100.100.100.200, 192.0.0.192).
 */
const azurePlatform = '168.63.129.16'

/**
 * Whether an address is one of the public internet: unicast, and no loopback, private, link-local, metadata, shared,
 * reserved or documentation network (IANA special-purpose registries). IPv4 inside IPv6 counts as that IPv4.
 */
export function isPublic(address: string): boolean {
  if (isIP(address) === 0) return false
  const parsed = ipaddr.process(address)
  if (parsed.range() !== 'unicast' || parsed.toString() === azurePlatform) return false
  if (parsed.kind() === 'ipv4') return true
  // Outside of what is given out, nobody knows what answers.
  return (parsed as ipaddr.IPv6).match(ipaddr.parseCIDR('2000::/3') as [ipaddr.IPv6, number])
}

/** Networks that webhooks may go to although they are not public: addresses and CIDR. */
export function allowList(networks: readonly string[]): BlockList {
  const list = new BlockList()
  for (const network of networks) {
    const [address = '', bits] = network.split('/')
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4'
    if (bits === undefined) list.addAddress(address, family)
    else list.addSubnet(address, Number(bits), family)
  }
  return list
}

/** Whether an address is of one of these networks. */
export function isAllowed({ address, family }: LookupAddress, allowed: BlockList): boolean {
  return allowed.check(address, family === 6 ? 'ipv6' : 'ipv4')
}

/** The addresses that may be called. A name may not mix: one forbidden address among them forbids all. */
export function callable(addresses: LookupAddress[], allowed: BlockList): LookupAddress[] {
  const fits = (found: LookupAddress) => isPublic(found.address) || isAllowed(found, allowed)
  return addresses.length > 0 && addresses.every(fits) ? addresses : []
}
