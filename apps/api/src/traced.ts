import type { Tracing } from '@sparekey/trace/trace'
import type { MiddlewareHandler } from 'hono'
import { matchedRoutes } from 'hono/route'
import type { Env } from './endpoint.ts'
import { requestIdOf } from './observed.ts'

/** A span for each call, named by its route: paths themselves may hold a login. */
export function createTraced(tracing: Pick<Tracing, 'serve'>): MiddlewareHandler<Env> {
  return (c, next) =>
    tracing.serve(c.req.method, c.req.header(), async span => {
      await next()
      const route = matchedRoutes(c).findLast(({ method }) => method !== 'ALL')?.path
      if (route) span.name(`${c.req.method} ${route}`)
      span.set({
        'http.request.method': c.req.method,
        'http.response.status_code': c.res.status,
        'sparekey.dialect': c.get('dialect') ?? 'sparekey',
        'sparekey.request_id': requestIdOf(c),
        ...(route ? { 'http.route': route } : {}),
      })
      if (c.res.status >= 500) span.fail(String(c.res.status))
    })
}
