import { type Context, Hono } from 'hono'
import { addForgot } from './forgot.tsx'
import { createFrame, type PageLog } from './frame.tsx'
import { addReset } from './reset.tsx'
import type { PageClient, PageVerbs } from './verbs.ts'

export interface PagesDeps {
  verbs: PageVerbs
  /** Origin of the links; POSTs are taken from it alone. */
  publicUrl: string
  /** Where a call came from, by the operator's proxy rules. */
  clientOf(c: Context): PageClient
  log: PageLog
}

/**
 * The hosted pages, to be mounted at `/`: `/forgot/<slug>`, `/reset`, `/reset/<slug>` and `/assets/…`. Nothing is
 * registered for other paths, so the neighbours on the same origin keep their own headers and errors.
 */
export function createPages(deps: PagesDeps): Hono {
  const frame = createFrame(deps)
  const pages = new Hono()
  pages.onError((error, c) => frame.broken(error, c))
  pages.get('/assets/:file', frame.assets.serve)
  addForgot(pages, frame, deps)
  addReset(pages, frame, deps)
  for (const path of ['/forgot', '/forgot/*', '/reset/*']) pages.get(path, c => frame.wrong(c, 'notFound'))
  return pages
}
