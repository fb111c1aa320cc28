import type { Context, Hono } from 'hono'
import type { Env } from './endpoint.ts'
import { ApiError } from './problem.ts'

/**
 * What is wrong with a path that no route took: `method_not_allowed` with Allow (RFC 9110 section 15.5.6) where it
 * exists under other methods, else `not_found`. `prefix` is where the app is mounted.
 */
export function createPathError(app: Pick<Hono<Env>, 'routes'>, prefix = '') {
  let table: { matches: RegExp; method: string }[] | undefined
  return (c: Context): ApiError => {
    table ??= app.routes
      .filter(({ method }) => method !== 'ALL')
      .map(({ method, path }) => ({ method, matches: matcher(prefix + path) }))
    const methods = new Set(
      table.filter(({ matches }) => matches.test(c.req.path)).map(({ method }) => method),
    )
    if (methods.size === 0 || methods.has(c.req.method))
      return new ApiError('not_found', 'There is nothing at this path.')
    if (methods.has('GET')) methods.add('HEAD')
    const allow = [...methods].sort().join(', ')
    return new ApiError('method_not_allowed', `This path takes ${allow}.`, { headers: { Allow: allow } })
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
