import { CodeForm } from './code-form.tsx'
import { Heading, Layout } from './layout.tsx'
import { forgotPath, type View } from './view.ts'

/**
 * The answer to every request, whether or not there is an account. `login` is known right after the form was
 * sent; the address that a reload takes (`/forgot/<slug>/sent`) does not carry it.
 */
export function SentPage(props: {
  view: View
  requestId: string
  login?: string
  redirectUrl?: string
  error?: string
}) {
  const { view, requestId, login, redirectUrl } = props
  const { application, link, say } = view
  if (!application) throw new TypeError('the answer belongs to an application')
  const form = forgotPath(application)
  return (
    <Layout view={view} title={say('sentTitle')} deferred={['reload.js']}>
      <Heading>{say('sentTitle')}</Heading>
      <p class="lead">{login ? say('sentLead', { login }) : say('sentLeadPlain')}</p>
      <p class="lead">
        {say('sentLasts', {
          minutes: application.linkMinutes ?? 30,
          codeMinutes: application.codeMinutes ?? 10,
        })}
      </p>
      <section aria-label={say('sentCodeTitle')}>
        <CodeForm view={view} requestId={requestId} error={props.error} />
      </section>
      <section aria-labelledby="again-title">
        <h2 id="again-title">{say('againTitle')}</h2>
        <p>{say('againLead')}</p>
        <div class="choices">
          {login && !application.humanProof && (
            <form method="post" action={link(form)}>
              <input type="hidden" name="login" value={login} />
              {redirectUrl && <input type="hidden" name="redirectUrl" value={redirectUrl} />}
              <button type="submit" class="quiet">
                {say('againSubmit')}
              </button>
            </form>
          )}
          <a href={link(form, { redirectUrl })}>{say('againOther')}</a>
        </div>
      </section>
      <div hidden data-reload={link(`${form}/sent`, { request: requestId, redirectUrl })}></div>
    </Layout>
  )
}
