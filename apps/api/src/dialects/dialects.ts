import { OpenAPIHono } from '@hono/zod-openapi'
import type { Dialect } from '@sparekey/db/types'
import { createPathError } from '../allow.ts'
import type { Api, Env } from '../endpoint.ts'
import { akinon } from './akinon.ts'
import { autoshares } from './autoshares.ts'
import { createDialectCore, type DialectCore, type DialectDeps } from './core.ts'
import { nile } from './nile.ts'
import { payabli } from './payabli.ts'
import { platform } from './platform.ts'

/** Another vendor's reset API over our core: puts its calls into the app, and gives errors the vendor's shape. */
type Speak = (app: Api, core: DialectCore) => void

/** Every dialect, its path and what it is. A new one is one file and one line here. */
export const dialects: { name: Dialect; path: string; about: string; speak: Speak }[] = [
  { name: 'akinon', path: '/compat/akinon/api/v1', about: "As Akinon's AppMaker API v1", speak: akinon },
  { name: 'payabli', path: '/compat/payabli/api', about: "As Payabli's User API", speak: payabli },
  { name: 'nile', path: '/compat/nile', about: "As Nile's auth API v2", speak: nile },
  {
    name: 'platform',
    path: '/compat/platform',
    about: 'As the Platform API, a ServiceStack service',
    speak: platform,
  },
  {
    name: 'autoshares',
    path: '/compat/autoshares/api',
    about: "As Autoshares' trading API v1.0",
    speak: autoshares,
  },
]

/** Mounts every dialect as an app of its own. What none of its routes takes goes to its own `onError` too. */
export function addDialects(api: Api, deps: DialectDeps): void {
  for (const { name, path, speak } of dialects) {
    const app = new OpenAPIHono<Env>()
    app.use(async (c, next) => {
      c.set('dialect', name)
      c.header('Cache-Control', 'no-store')
      await next()
    })
    speak(app, createDialectCore(name, deps))
    const pathError = createPathError(app, path)
    app.all('*', c => {
      throw pathError(c)
    })
    api.route(path, app)
  }
}
