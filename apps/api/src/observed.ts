import { makeId } from '@sparekey/db/id'
import type { Log } from '@sparekey/log/log'
import type { Metrics } from '@sparekey/metrics/metrics'
import type { Context, MiddlewareHandler } from 'hono'
import { routePath } from 'hono/route'
import type { Env } from './endpoint.ts'

/** Asked by machines every few seconds: among the others they would bury lines, and thin out shares of errors. */
const probes = new Set(['/healthz', '/readyz', '/metrics'])

/** What is for programs: pages say by themselves what browsers may do with them. */
const ofApi = /^\/(v1|compat)(\/|$)/

/** The call's id; empty where it was not observed. */
export const requestIdOf = (c: Context): string => c.get('headers')?.['X-Request-Id'] ?? ''

/**
 * Gives each call its request id and each answer the call's headers, counts it unless it is a probe, and writes one log line
 * about it: by its route, since paths and queries may hold logins. `target` is what the call made or changed, such as the
 * reset request's id.
 */
export function createObserved(
  metrics: Pick<Metrics, 'answered'>,
  log: Log,
  { https }: { https: boolean },
): MiddlewareHandler<Env> {
  return async (c, next) => {
    const requestId = makeId('call')
    const headers: Record<string, string> = { 'X-Request-Id': requestId }
    if (ofApi.test(c.req.path)) {
      headers['X-Content-Type-Options'] = 'nosniff'
      if (https) headers['Strict-Transport-Security'] = 'max-age=31536000'
    }
    c.set('headers', headers)
    const began = performance.now()
    await next()
    if (!c.get('withHeaders'))
      for (const [name, value] of Object.entries(headers)) if (!c.res.headers.has(name)) c.header(name, value)
    const ms = performance.now() - began
    const { method } = c.req
    const { status } = c.res
    const dialect = c.get('dialect') ?? 'sparekey'
    const route = routePath(c, -1)
    const probe = probes.has(route)
    if (!probe) metrics.answered(dialect, method, status, ms / 1000)
    const line = {
      requestId,
      method,
      route,
      status,
      ms: Math.round(ms * 10) / 10,
      dialect,
      target: c.get('target'),
    }
    if (probe) log.debug(line, 'answered')
    else log.info(line, 'answered')
  }
}
