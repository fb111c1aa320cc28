import type { HttpBindings } from '@hono/node-server'
import type { Context } from 'hono'

/** The call as Node has read it; undefined where none came by a server, as in tests. */
export const incomingOf = (c: Context): HttpBindings['incoming'] | undefined =>
  (c.env as Partial<HttpBindings> | undefined)?.incoming

/** Of a second one nobody needs to know: Node refuses it, joins both by a comma, or keeps the first. */
type Name =
  | 'content-encoding'
  | 'content-length'
  | 'idempotency-key'
  | 'origin'
  | 'transfer-encoding'
  | 'user-agent'
  | 'x-forwarded-for'

/** A call's header, without Hono's check of name and value at each look. */
export function headerOf(c: Context, name: Name): string | undefined {
  const headers = incomingOf(c)?.headers
  return headers ? (headers[name] as string | undefined) : c.req.header(name)
}
