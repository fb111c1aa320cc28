import type { Context, Hono } from 'hono'
import type { Env } from './endpoint.ts'
import { ApiError, problemResponse } from './problem.ts'

/** For `app.notFound`: 405 with Allow (RFC 9110 section 15.5.6) where the path exists under other methods, else 404. */
export function createNotFound(app: Pick<Hono<Env>, 'routes'>) {
  let table: { matches: RegExp; method: string }[] | undefined
  return (c: Context): Response => {
    table ??= app.routes
      .filter(({ method }) => method !== 'ALL')
      .map(({ method, path }) => ({ method, matches: matcher(path) }))
    const methods = new Set(
      table.filter(({ matches }) => matches.test(c.req.path)).map(({ method }) => method),
    )
    if (methods.size === 0 || methods.has(c.req.method))
      return problemResponse(c, new ApiError('not_found', 'There is nothing at this path.'))
    if (methods.has('GET')) methods.add('HEAD')
    const allow = [...methods].sort().join(', ')
    return problemResponse(
      c,
      new ApiError('method_not_allowed', `This path takes ${allow}.`, { headers: { Allow: allow } }),
    )
  }
}

function matcher(path: string): RegExp {
  const pattern = path
    .split('/')
    .map(part =>
      part === '*' ? '.*' : part.startsWith(':') ? '[^/]+' : part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'),
    )
    .join('/')
  return new RegExp(`^${pattern}$`)
}
