import { getConnInfo } from '@hono/node-server/conninfo'
import type { Context, MiddlewareHandler } from 'hono'

/** Finds the address that a request came from; undefined when it cannot be known. */
export type RemoteAddress = (c: Context) => string | undefined

const fromConnection: RemoteAddress = c => {
  try {
    return getConnInfo(c).remote.address
  } catch {
    return undefined
  }
}

const isLoopback = (address: string | undefined) =>
  address !== undefined && /^(?:(?:::ffff:)?127(?:\.\d{1,3}){3}|::1)$/i.test(address)

const LOCAL_HOST = /^(?:localhost|127\.0\.0\.1|\[::1\])(?::\d{1,5})?$/i
const PROXY_HEADERS = ['forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-real-ip', 'via']

/**
 * Lets in only who sits at this machine: the connection comes from loopback, not through a proxy, and the browser was
 * sent to this machine by its own name, so that no other site can point a name of its own here (DNS rebinding). Anybody
 * else gets a 404, as if there were no mailbox.
 */
export const loopbackOnly = (remoteAddress: RemoteAddress = fromConnection): MiddlewareHandler => {
  return async (c, next) => {
    const host = c.req.header('host') ?? new URL(c.req.url).host
    const proxied = PROXY_HEADERS.some(name => c.req.header(name) !== undefined)
    if (proxied || !isLoopback(remoteAddress(c)) || !LOCAL_HOST.test(host)) return c.text('Not found', 404)
    await next()
  }
}
