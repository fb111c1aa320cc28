import type { HttpBindings } from '@hono/node-server'
import type { Context } from 'hono'

/** The call as Node has read it; undefined where none came by a server, as in tests. */
export const incomingOf = (c: Context): HttpBindings['incoming'] | undefined =>
  (c.env as Partial<HttpBindings> | undefined)?.incoming

/** Headers that stand for one value: of those sent twice Node keeps the first, or joins them by a comma. */
type Name =
  | 'content-encoding'
  | 'content-length'
  | 'content-type'
  | 'idempotency-key'
  | 'origin'
  | 'transfer-encoding'
  | 'user-agent'
  | 'x-forwarded-for'

/** A call's header, without Hono's check of name and value at each look: a call has eight of them. */
export function headerOf(c: Context, name: Name): string | undefined {
  const headers = incomingOf(c)?.headers
  return headers ? (headers[name] as string | undefined) : c.req.header(name)
}
