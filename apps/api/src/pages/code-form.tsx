import { described, ErrorLine } from './errors.tsx'
import { LoginField } from './login-form.tsx'
import type { View } from './view.ts'

/** The form for the code in the mail. Without a request's id it asks for the login as well. */
export function CodeForm(props: { view: View; requestId?: string; login?: string; error?: string }) {
  const { view, requestId, login, error } = props
  const { application, link, say } = view
  if (!application) throw new TypeError('a code is looked up within one application')
  const wrong = error !== undefined
  const nobody = wrong && !requestId && !login
  return (
    <form method="post" action={link('/reset/code')} novalidate>
      <input type="hidden" name="application" value={application.slug} />
      {wrong && <ErrorLine id="code-error">{error}</ErrorLine>}
      {requestId ? (
        <input type="hidden" name="requestId" value={requestId} />
      ) : (
        <LoginField view={view} login={login} wrong={nobody} errorId="code-error" />
      )}
      <div class="field">
        <label for="code">{say('code')}</label>
        <input
          id="code"
          name="code"
          class="code"
          type="text"
          inputmode="numeric"
          autocomplete="one-time-code"
          spellcheck={false}
          maxlength={24}
          required
          {...described(wrong && !nobody, 'code-error', 'code-hint')}
        />
        <p class="hint" id="code-hint">
          {say('codeHint', { digits: application.codeDigits ?? 8 })}
        </p>
      </div>
      <button type="submit">{say('continue')}</button>
    </form>
  )
}
