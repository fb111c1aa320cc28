import { described, ErrorLine } from './errors.tsx'
import { LoginField } from './login-form.tsx'
import type { View } from './view.ts'

/** How a code is looked up: by the request that was just made here, or by whoever types it. */
export interface CodeEntry {
  requestId?: string
  login?: string
}

/** The form for the code in the mail. Without a request's id it asks for the login as well. */
export function CodeForm(props: { view: View; entry: CodeEntry; error?: string; quiet?: boolean }) {
  const { view, entry, error } = props
  const { application, link, say } = view
  const wrong = error !== undefined
  const digits = application?.codeDigits ?? 8
  return (
    <form method="post" action={link('/reset/code')} novalidate>
      {application && <input type="hidden" name="application" value={application.slug} />}
      {wrong && <ErrorLine id="code-error">{error}</ErrorLine>}
      {entry.requestId ? (
        <input type="hidden" name="requestId" value={entry.requestId} />
      ) : (
        <LoginField view={view} login={entry.login} wrong={false} errorId="code-error" />
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
          {...described(wrong, 'code-error', 'code-hint')}
        />
        <p class="hint" id="code-hint">
          {application ? say('codeHint', { digits }) : say('codeHintPlain')}
        </p>
      </div>
      <button type="submit" class={props.quiet ? 'quiet' : undefined}>
        {say('continue')}
      </button>
    </form>
  )
}
