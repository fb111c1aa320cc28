import { type LookupAddress, lookup as resolve } from 'node:dns'
import { request as httpRequest, type RequestOptions } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { type BlockList, isIP } from 'node:net'
import { callable } from './address.ts'

const deadlineMs = 15_000
/** Of an answer only its beginning is of use, for people who look for the cause. */
const answerBytes = 500

/** What came of a delivery: the answer's status, or why there was none. */
export interface Posted {
  delivered: boolean
  status?: number
  /** A word of ours, never the receiver's text. */
  error?: 'address_not_allowed' | 'timeout' | 'unreachable' | 'tls' | 'redirect' | 'status'
  /** Seconds that the receiver asks us to wait. */
  retryAfter?: number
  durationMs: number
}

export interface PostOptions {
  url: string
  headers: Record<string, string>
  body: string
  /** Networks that may be called although they are not public. */
  allowed: BlockList
  /** For tests: how names are resolved. */
  lookup?: (host: string) => Promise<LookupAddress[]>
}

/**
 * Posts JSON once. Every address of the name is looked at and the connection goes to one that was looked at, so that a name
 * that changes in between leads nowhere else (DNS rebinding); redirects are not followed. Never rejects.
 */
export async function post({
  url,
  headers,
  body,
  allowed,
  lookup = lookupAll,
}: PostOptions): Promise<Posted> {
  const began = performance.now()
  const done = (posted: Omit<Posted, 'durationMs'>): Posted => ({
    ...posted,
    durationMs: Math.round(performance.now() - began),
  })
  const target = new URL(url)
  const host = target.hostname.replace(/^\[(.*)\]$/, '$1')
  const found = await (isIP(host) ? [{ address: host, family: isIP(host) }] : lookup(host).catch(() => []))
  if (found.length === 0) return done({ delivered: false, error: 'unreachable' })
  const [address] = callable(found, allowed)
  if (!address) return done({ delivered: false, error: 'address_not_allowed' })
  return done(await send(target, address, headers, body))
}

function send(
  target: URL,
  { address, family }: LookupAddress,
  headers: Record<string, string>,
  body: string,
): Promise<Omit<Posted, 'durationMs'>> {
  return new Promise(settle => {
    const options: RequestOptions = {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(body),
        'user-agent': 'Sparekey-Webhook/1',
        ...headers,
      },
      signal: AbortSignal.timeout(deadlineMs),
      // The one that was looked at, whatever the name leads to by now.
      lookup: (_host, wanted, answer) =>
        wanted.all ? answer(null, [{ address, family }]) : answer(null, address, family),
      agent: false,
    }
    const request = (target.protocol === 'https:' ? httpsRequest : httpRequest)(target, options, response => {
      const status = response.statusCode ?? 0
      const retryAfter = Number(response.headers['retry-after'])
      const asked = Number.isFinite(retryAfter) && retryAfter > 0 ? { retryAfter } : {}
      settle(
        status >= 200 && status < 300
          ? { delivered: true, status }
          : {
              delivered: false,
              status,
              error: status >= 300 && status < 400 ? 'redirect' : 'status',
              ...asked,
            },
      )
      let seen = 0
      response.on('data', (chunk: Buffer) => {
        seen += chunk.length
        if (seen > answerBytes) response.destroy()
      })
      response.on('error', () => {})
    })
    request.on('error', error => settle({ delivered: false, error: reasonOf(error) }))
    request.end(body)
  })
}

function reasonOf(error: Error & { code?: string }): 'timeout' | 'tls' | 'unreachable' {
  if (error.name === 'TimeoutError' || error.name === 'AbortError' || error.code === 'ETIMEDOUT')
    return 'timeout'
  return /CERT|SSL|TLS|SELF_SIGNED|ALTNAME/.test(error.code ?? '') ? 'tls' : 'unreachable'
}

function lookupAll(host: string): Promise<LookupAddress[]> {
  return new Promise((found, failed) => {
    resolve(host, { all: true }, (error, addresses) => (error ? failed(error) : found(addresses)))
  })
}
