import type { Context } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { createMiddleware } from 'hono/factory'
import type { JSX } from 'hono/jsx/jsx-runtime'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import { createAssets } from './assets.ts'
import { createGuard } from './guard.ts'
import { NoticePage } from './notices.tsx'
import { type PageApplication, type Refusal, refusalOf, type WidgetKind } from './verbs.ts'
import { type View, viewOf } from './view.ts'

/** The part of a logger that the pages use. */
export interface PageLog {
  error(fields: object, message: string): void
}

const maxBody = 16 * 1024
type Wrong = 'notFound' | 'foreign' | 'tooLarge' | 'wrongType' | 'broken' | 'badLink' | 'codeNowhere'
const statuses: Record<Wrong, ContentfulStatusCode> = {
  notFound: 404,
  foreign: 403,
  tooLarge: 413,
  wrongType: 415,
  broken: 500,
  badLink: 400,
  codeNowhere: 400,
}

/** What all pages share: how one is sent, how a form is let in, and the pages for what went wrong. */
export function createFrame({ publicUrl, log }: { publicUrl: string; log: PageLog }) {
  const assets = createAssets()
  const guard = createGuard(publicUrl)

  function send(
    c: Context,
    view: View,
    page: JSX.Element,
    status: ContentfulStatusCode = 200,
    widget?: WidgetKind,
  ) {
    const headers = {
      ...guard.headers(view.application, widget),
      'Content-Language': view.locale,
      Vary: 'Accept-Language',
    }
    return c.html(`<!doctype html>${page}`, status, headers)
  }

  /** A whole page that says what went wrong. */
  function wrong(c: Context, kind: Wrong, application?: PageApplication) {
    const view = viewOf(c, assets, application)
    const page = <NoticePage view={view} title={view.say(`${kind}Title`)} lead={view.say(`${kind}Lead`)} />
    return send(c, view, page, statuses[kind])
  }

  /** Says a refusal that is about the moment, not about what was typed; null for the others. */
  function sayMoment(c: Context, view: View, refusal: Refusal): string | null {
    if (refusal.retryAfter !== undefined) c.header('Retry-After', String(refusal.retryAfter))
    if (refusal.code === 'unavailable') return view.say('unavailable')
    if (refusal.code !== 'rate_limited') return null
    return view.say('rateLimited', { minutes: Math.ceil((refusal.retryAfter ?? 0) / 60) })
  }

  const limit = bodyLimit({ maxSize: maxBody, onError: c => wrong(c, 'tooLarge') })

  return {
    assets,
    send,
    wrong,
    sayMoment,
    view: (c: Context, application?: PageApplication) => viewOf(c, assets, application),

    /** Answers with JSON, under the same headers as a page. */
    json(c: Context, body: object, status: ContentfulStatusCode = 200) {
      const type = status < 400 ? 'application/json' : 'application/problem+json'
      return c.body(JSON.stringify(body), status, { ...guard.headers(), 'Content-Type': type })
    },

    /** Lets in only small urlencoded forms from our own pages. */
    form: createMiddleware(async (c, next) => {
      if (!guard.isOwn(name => c.req.header(name))) return wrong(c, 'foreign')
      const type = c.req.header('content-type')?.split(';')[0]?.trim().toLowerCase()
      if (type !== 'application/x-www-form-urlencoded') return wrong(c, 'wrongType')
      return await limit(c, next)
    }),

    /**
     * The page for what a verb threw and nobody caught: out of reach, too often, or the 500 page. Messages of
     * unknown errors may hold what was typed, so only their kind and place is logged.
     */
    broken(error: Error, c: Context) {
      const view = viewOf(c, assets)
      const code = (error as { code?: unknown }).code
      if (code === 'unavailable' || code === 'rate_limited') {
        const refusal = refusalOf(error)
        const page = (
          <NoticePage view={view} title={view.say('troubleTitle')} lead={sayMoment(c, view, refusal) ?? ''} />
        )
        return send(c, view, page, refusal.status)
      }
      const stack = error.stack?.split('\n').filter(line => /^\s+at /.test(line))
      log.error({ route: c.req.routePath, kind: error.name, stack: stack?.join('\n') }, 'a page failed')
      return wrong(c, 'broken')
    },
  }
}
export type Frame = ReturnType<typeof createFrame>
