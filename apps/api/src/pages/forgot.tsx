import type { Context, Hono } from 'hono'
import type { Frame } from './frame.tsx'
import { LoginPage } from './login-form.tsx'
import type { PagesDeps } from './pages.tsx'
import { SentPage } from './sent.tsx'
import { type PageApplication, refusalOf } from './verbs.ts'

const maxLogin = 320

/** The way to a mail: the form, and the one answer it gets. */
export function addForgot(pages: Hono, frame: Frame, { verbs, clientOf }: PagesDeps) {
  pages.get('/forgot/:slug', async c => {
    const application = await verbs.findApplication(c.req.param('slug'))
    if (!application) return frame.wrong(c, 'notFound')
    const view = frame.view(c, application)
    const page = <LoginPage view={view} redirectUrl={c.req.query('redirectUrl')} />
    return frame.send(c, view, page, 200, application.humanProof?.kind)
  })

  pages.get('/forgot/:slug/challenge', async c => {
    try {
      return frame.json(c, await verbs.challenge(c.req.param('slug'), clientOf(c)))
    } catch (error) {
      const { code, status } = refusalOf(error)
      return frame.json(c, { type: 'about:blank', status, code }, status)
    }
  })

  pages.post('/forgot/:slug', frame.form, async c => {
    const application = await verbs.findApplication(c.req.param('slug'))
    if (!application) return frame.wrong(c, 'notFound')
    return await ask(c, application)
  })

  pages.get('/forgot/:slug/sent', async c => {
    const application = await verbs.findApplication(c.req.param('slug'))
    const requestId = c.req.query('request') ?? ''
    if (!application || !/^\w{1,64}$/.test(requestId)) return frame.wrong(c, 'notFound')
    const view = frame.view(c, application)
    const redirectUrl = c.req.query('redirectUrl')
    return frame.send(c, view, <SentPage view={view} requestId={requestId} redirectUrl={redirectUrl} />)
  })

  async function ask(c: Context, application: PageApplication) {
    const view = frame.view(c, application)
    const fields = new URLSearchParams(await c.req.text())
    const login = (fields.get('login') ?? '').trim()
    const redirectUrl = fields.get('redirectUrl') || undefined
    // hCaptcha's widget gives its field a name of its own.
    const proof = fields.get('humanProof') || fields.get('h-captcha-response') || undefined
    const again = (error: string, status: 400 | 403 | 429 | 503) =>
      frame.send(
        c,
        view,
        <LoginPage view={view} redirectUrl={redirectUrl} login={login} error={error} />,
        status,
        application.humanProof?.kind,
      )

    if (login === '') return again(view.say('loginMissing'), 400)
    if (login.length > maxLogin) return again(view.say('loginInvalid'), 400)
    try {
      const { id } = await verbs.request({
        application,
        login,
        locale: view.locale,
        redirectUrl,
        proof,
        client: clientOf(c),
      })
      return frame.send(
        c,
        view,
        <SentPage view={view} requestId={id} login={login} redirectUrl={redirectUrl} />,
      )
    } catch (error) {
      const refusal = refusalOf(error)
      const moment = frame.sayMoment(c, view, refusal)
      if (moment) return again(moment, refusal.code === 'unavailable' ? 503 : 429)
      if (refusal.code === 'human_proof_required') return again(view.say('humanRefused'), 403)
      if (refusal.code !== 'invalid_request') throw error
      if (refusal.paths.some(path => path.startsWith('redirectUrl')))
        return frame.wrong(c, 'badLink', application)
      return again(view.say('loginInvalid'), 400)
    }
  }
}
