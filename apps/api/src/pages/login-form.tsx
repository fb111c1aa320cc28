import { described, ErrorLine } from './errors.tsx'
import { Heading, Layout } from './layout.tsx'
import { forgotPath, resetPath, type View } from './view.ts'
import { Widget, WidgetHead } from './widget.tsx'

/** `/forgot/<slug>`: asks who wants a new password. */
export function LoginPage(props: { view: View; redirectUrl?: string; login?: string; error?: string }) {
  const { view, redirectUrl, login, error } = props
  const { application, link, say } = view
  if (!application) throw new TypeError('the login form belongs to an application')
  return (
    <Layout view={view} title={say('forgotTitle')} head={<WidgetHead view={view} />}>
      <Heading>{say('forgotTitle')}</Heading>
      <p class="lead">{say('forgotLead')}</p>
      <form method="post" action={link(forgotPath(application))} novalidate>
        {redirectUrl && <input type="hidden" name="redirectUrl" value={redirectUrl} />}
        {error && <ErrorLine id="login-error">{error}</ErrorLine>}
        <LoginField view={view} login={login} wrong={error !== undefined} errorId="login-error" />
        <Widget view={view} />
        <button type="submit">{say('forgotSubmit')}</button>
      </form>
      <p class="aside">
        <a href={link(resetPath(application))}>{say('haveCode')}</a>
      </p>
    </Layout>
  )
}

/** The field for an email or username. */
export function LoginField(props: { view: View; login?: string; wrong: boolean; errorId: string }) {
  return (
    <div class="field">
      <label for="login">{props.view.say('login')}</label>
      <input
        id="login"
        name="login"
        type="text"
        inputmode="email"
        autocomplete="username"
        autocapitalize="none"
        spellcheck={false}
        maxlength={320}
        required
        value={props.login ?? ''}
        {...described(props.wrong, props.errorId)}
      />
    </div>
  )
}
