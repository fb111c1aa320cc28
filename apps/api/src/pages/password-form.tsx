import { described, Errors } from './errors.tsx'
import { Heading } from './layout.tsx'
import { type RefusalReason, refusalReasons } from './verbs.ts'
import type { View } from './view.ts'

/** Why the form came back: the password was refused, or something else stood in the way. */
export type PasswordError = { reasons: RefusalReason[] } | { message: string }

/**
 * The form for the new password. With a token it works by itself (POST `/reset/password`); as a template the
 * script fills in for whom it is and sends it. `login`: as it is shown, masked unless the person `typed` it.
 */
export function PasswordForm(props: {
  view: View
  token?: string
  login?: string
  typed?: string
  error?: PasswordError
}) {
  const { view, token, login = '', typed, error } = props
  const { application, asset, link, say } = view
  const min = application?.minPasswordLength ?? 15
  return (
    <>
      <Heading>{say('passwordTitle')}</Heading>
      <p class="lead">
        {say('passwordFor')} <strong data-login>{login}</strong>
      </p>
      <form method="post" action={link('/reset/password')} novalidate>
        {application && <input type="hidden" name="application" value={application.slug} />}
        <input type="hidden" name="token" value={token ?? ''} />
        {/* For password managers, which keep the new password under this name: a masked one would be none. */}
        {typed && (
          <input
            class="unseen"
            type="text"
            name="username"
            autocomplete="username"
            value={typed}
            readonly
            tabindex={-1}
            aria-label={say('login')}
          />
        )}
        <Errors id="password-errors" title={say('refusedTitle')} empty={!error || 'message' in error}>
          {error && 'reasons' in error && error.reasons.map(reason => <li>{sayReason(view, reason)}</li>)}
        </Errors>
        <div class="errors" id="password-trouble" role="alert" hidden={!error || 'reasons' in error}>
          <p>{error && 'message' in error ? error.message : ''}</p>
        </div>
        <div class="field">
          <label for="password">{say('password')}</label>
          <div class="with-button">
            <input
              id="password"
              name="password"
              type="password"
              autocomplete="new-password"
              autocapitalize="none"
              spellcheck={false}
              minlength={min}
              required
              data-min={min}
              data-own={JSON.stringify([application?.name, application?.slug].filter(Boolean))}
              data-strength={asset('strength.js')}
              data-strength-words={asset('strength-words.js')}
              {...described(error !== undefined && 'reasons' in error, 'password-errors', 'password-hint')}
            />
            <button
              type="button"
              class="reveal"
              aria-pressed="false"
              aria-controls="password"
              aria-label={say('show')}
            >
              <Eye />
            </button>
          </div>
          <Strength view={view} min={min} />
          <p class="hint" id="password-hint">
            {say('passwordHint', { min })}
          </p>
        </div>
        <button type="submit">{say('passwordSubmit')}</button>
      </form>
    </>
  )
}

/** A refusal reason in plain words. */
export function sayReason({ application, say }: View, reason: RefusalReason): string {
  return say(reason, { min: application?.minPasswordLength ?? 15 })
}

/** Every sentence the script may need, so that it holds no words of its own. */
export function PasswordMessages({ view }: { view: View }) {
  const { say } = view
  return (
    <template id="messages">
      {refusalReasons.map(reason => (
        <li data-message={reason}>{sayReason(view, reason)}</li>
      ))}
      <li data-message="rate_limited">{say('rateLimited', { minutes: 0 })}</li>
      <li data-message="unavailable">{say('unavailable')}</li>
    </template>
  )
}

function Strength({ view, min }: { view: View; min: number }) {
  const { say } = view
  const missing = Array.from({ length: min }, (_, i) => say('missing', { count: i + 1 }))
  const words = [say('strength0'), say('strength1'), say('strength2'), say('strength3'), say('strength4')]
  return (
    <div
      class="strength"
      hidden
      data-missing={JSON.stringify(missing)}
      data-long-enough={say('longEnough')}
      data-words={JSON.stringify(words)}
    >
      <div class="bar" aria-hidden="true">
        <span></span>
        <span></span>
        <span></span>
        <span></span>
      </div>
      {/* Seen at once; spoken only when typing pauses, or every key would be talked over. */}
      <p class="word" aria-hidden="true"></p>
      <p class="unseen spoken" aria-live="polite"></p>
    </div>
  )
}

function Eye() {
  return (
    <svg viewBox="0 0 24 24" width="22" height="22" aria-hidden="true" focusable="false">
      <path d="M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12Z" />
      <circle cx="12" cy="12" r="3" />
      <path class="slash" d="M4 4l16 16" />
    </svg>
  )
}
