import { type LookupAddress, lookup as resolve } from 'node:dns'
import { request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { type BlockList, isIP } from 'node:net'
import { callable, isAllowed } from './address.ts'

/** Why there was no answer: a word of ours, never the other side's text. */
export type OpenError = 'address_not_allowed' | 'not_secure' | 'timeout' | 'unreachable' | 'tls'

export interface OpenOptions {
  url: string
  headers: Record<string, string>
  body: string
  /** Networks that may be called although they are not public, and by plain http. */
  allowed: BlockList
  deadlineMs: number
  /** For tests: how names are resolved. */
  lookup?: ((host: string) => Promise<LookupAddress[]>) | undefined
}

/**
 * Posts JSON once, by https unless the address is an allowed one, and resolves when the answer begins. Every address of
 * the name is looked at and the connection goes to one that was looked at, so that a name that changes in between leads
 * nowhere else (DNS rebinding); redirects are not followed. The deadline is that of all together, from the name's lookup
 * to the answer's body. Never rejects.
 */
export async function open({
  url,
  headers,
  body,
  allowed,
  deadlineMs,
  lookup = lookupAll,
}: OpenOptions): Promise<{ response: IncomingMessage } | { error: OpenError }> {
  const target = new URL(url)
  const host = target.hostname.replace(/^\[(.*)\]$/, '$1')
  const signal = AbortSignal.timeout(deadlineMs)
  const literal = [{ address: host, family: isIP(host) }]
  const addresses = isIP(host) ? Promise.resolve(literal) : lookup(host).catch(() => [])
  const found = await inTime(signal, addresses)
  if (!found) return { error: 'timeout' }
  if (found.length === 0) return { error: 'unreachable' }
  const [address] = callable(found, allowed)
  if (!address) return { error: 'address_not_allowed' }
  // Everybody on the way to a public address could read what is sent, and answer in its place.
  if (target.protocol !== 'https:' && !isAllowed(address, allowed)) return { error: 'not_secure' }
  return await send(target, address, { headers, body, signal })
}

/** What a work resolves to; undefined where the signal comes first. */
function inTime<T>(signal: AbortSignal, work: Promise<T>): Promise<T | undefined> {
  const late = new Promise<undefined>(resolve => {
    signal.addEventListener('abort', () => resolve(undefined), { once: true })
  })
  return Promise.race([work, late])
}

function send(
  target: URL,
  { address, family }: LookupAddress,
  { headers, body, signal }: Pick<OpenOptions, 'headers' | 'body'> & { signal: AbortSignal },
): Promise<{ response: IncomingMessage } | { error: OpenError }> {
  return new Promise(settle => {
    const options: RequestOptions = {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(body),
        ...headers,
      },
      signal,
      // The one that was looked at, whatever the name leads to by now.
      lookup: (_host, wanted, answer) =>
        wanted.all ? answer(null, [{ address, family }]) : answer(null, address, family),
      agent: false,
    }
    const request = (target.protocol === 'https:' ? httpsRequest : httpRequest)(target, options, response =>
      settle({ response }),
    )
    request.on('error', error => settle({ error: reasonOf(error) }))
    request.end(body)
  })
}

/** An error of the line, as a word. */
export function reasonOf(error: Error & { code?: string }): 'timeout' | 'tls' | 'unreachable' {
  if (error.name === 'TimeoutError' || error.name === 'AbortError' || error.code === 'ETIMEDOUT')
    return 'timeout'
  return /CERT|SSL|TLS|SELF_SIGNED|ALTNAME/.test(error.code ?? '') ? 'tls' : 'unreachable'
}

function lookupAll(host: string): Promise<LookupAddress[]> {
  return new Promise((found, failed) => {
    resolve(host, { all: true }, (error, addresses) => (error ? failed(error) : found(addresses)))
  })
}
