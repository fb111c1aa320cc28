import type { Context, Hono } from 'hono'
import type { Frame } from './frame.tsx'
import { Layout } from './layout.tsx'
import { LinkPage } from './link-page.tsx'
import { Done, NoticePage, Unusable } from './notices.tsx'
import type { PagesDeps } from './pages.tsx'
import { type PasswordError, PasswordForm } from './password-form.tsx'
import { SentPage } from './sent.tsx'
import { refusalOf } from './verbs.ts'
import { resetPath } from './view.ts'

/** The way to a new password: the page of the mailed link, and the way by code where no script runs. */
export function addReset(pages: Hono, frame: Frame, { verbs, clientOf }: PagesDeps) {
  const find = async (slug: string | null | undefined) =>
    (slug && (await verbs.findApplication(slug))) || undefined
  const fieldsOf = async (c: Context) => new URLSearchParams(await c.req.text())

  // Neither changes anything, however often a mail scanner opens it: the token is not even in the request.
  pages.get('/reset', c => {
    const view = frame.view(c)
    return frame.send(c, view, <LinkPage view={view} />)
  })
  pages.get('/reset/:slug', async c => {
    const application = await find(c.req.param('slug'))
    const view = frame.view(c, application)
    // The slug may have changed since the mail, or set its passwords itself; the script still learns from the token whose link it is.
    return frame.send(c, view, <LinkPage view={view} />, application ? 200 : 404)
  })

  /** Tells reset.js whose link it is. The script then moves to the page of that application. */
  pages.post('/reset/peek', frame.form, async c => {
    const token = (await fieldsOf(c)).get('token') ?? ''
    try {
      const { application, expiresAt, login } = await verbs.peek(token)
      return frame.json(c, { path: resetPath(application), login, expiresAt })
    } catch (error) {
      const { code, status } = refusalOf(error)
      return frame.json(c, { type: 'about:blank', status, code }, status)
    }
  })

  pages.post('/reset/code', frame.form, async c => {
    const fields = await fieldsOf(c)
    const application = await find(fields.get('application'))
    const view = frame.view(c, application)
    const code = (fields.get('code') ?? '').normalize('NFKC').replace(/[\s\-‐-―.]/g, '')
    const requestId = /^\w{1,64}$/.exec(fields.get('requestId') ?? '')?.[0]
    const login = fields.get('login')?.trim() || undefined
    const again = (error: string, status: 400 | 410 | 429 | 503) => {
      const page =
        application && requestId ? (
          <SentPage view={view} requestId={requestId} error={error} />
        ) : application ? (
          <LinkPage view={view} login={login} error={error} />
        ) : (
          <NoticePage view={view} title={view.say('codeTitle')} lead={error} />
        )
      return frame.send(c, view, page, status)
    }

    if (!requestId && !application) return frame.wrong(c, 'codeNowhere')
    const owner = requestId ? { requestId } : application && login && { applicationId: application.id, login }
    if (!owner) return again(view.say('loginMissing'), 400)
    if (!/^\d{6,10}$/.test(code)) return again(view.say('codeMalformed'), 400)
    try {
      const { token } = await verbs.exchange({ ...owner, code, client: clientOf(c) })
      return await choose(c, token, undefined, 200, login)
    } catch (error) {
      const refusal = refusalOf(error)
      const moment = frame.sayMoment(c, view, refusal)
      if (moment) return again(moment, refusal.code === 'unavailable' ? 503 : 429)
      return again(view.say('codeWrong'), refusal.code === 'token_unusable' ? 410 : 400)
    }
  })

  pages.post('/reset/password', frame.form, async c => {
    const fields = await fieldsOf(c)
    const token = fields.get('token') ?? ''
    const password = fields.get('password') ?? ''
    const typed = fields.get('username') || undefined
    const view = frame.view(c, await find(fields.get('application')))
    try {
      const { redirectUrl } = await verbs.complete({ token, password, client: clientOf(c) })
      const page = (
        <Layout view={view} title={view.say('doneTitle')}>
          <Done view={view} redirectUrl={redirectUrl} />
        </Layout>
      )
      return frame.send(c, view, page)
    } catch (error) {
      const refusal = refusalOf(error)
      const moment = frame.sayMoment(c, view, refusal)
      if (moment) return await choose(c, token, { message: moment }, refusal.status, typed)
      if (refusal.code === 'password_refused')
        return await choose(c, token, { reasons: refusal.reasons }, 422, typed)
      return unusable(c, view)
    }
  })

  /** The password form for whom the token is. */
  async function choose(
    c: Context,
    token: string,
    error?: PasswordError,
    status: 200 | 400 | 403 | 404 | 410 | 422 | 429 | 503 = 200,
    typed?: string,
  ) {
    const peeked = await verbs.peek(token).catch((failure: unknown) => {
      if (refusalOf(failure).code !== 'token_unusable') throw failure
      return null
    })
    if (!peeked) return unusable(c, frame.view(c))
    const view = frame.view(c, peeked.application)
    const page = (
      <Layout view={view} title={view.say('passwordTitle')} deferred={['password.js', 'reload.js']}>
        <PasswordForm view={view} token={token} login={typed ?? peeked.login} typed={typed} error={error} />
        <div hidden data-reload={view.link(resetPath(peeked.application))} data-token={token}></div>
      </Layout>
    )
    return frame.send(c, view, page, status)
  }

  function unusable(c: Context, view: ReturnType<Frame['view']>) {
    const page = (
      <Layout view={view} title={view.say('unusableTitle')}>
        <Unusable view={view} />
      </Layout>
    )
    return frame.send(c, view, page, 410)
  }
}
