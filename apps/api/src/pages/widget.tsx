import { forgotPath, type View } from './view.ts'

/** The scripts and styles of the widget that the application's form shows. */
export function WidgetHead({ view }: { view: View }) {
  const { application, asset } = view
  const kind = application?.humanProof?.kind
  if (kind === 'turnstile')
    return <script async defer src="https://challenges.cloudflare.com/turnstile/v0/api.js"></script>
  if (kind === 'hcaptcha')
    return <script async defer src={`https://js.hcaptcha.com/1/api.js?hl=${view.locale}`}></script>
  if (kind !== 'altcha') return null
  return (
    <>
      <link rel="stylesheet" href={asset('altcha.css')} />
      <script type="module" src={asset('altcha.js')}></script>
      <script type="module" src={asset('human.js')}></script>
    </>
  )
}

/** Where the widget stands in the form. It puts its proof into a field of the form by itself. */
export function Widget({ view }: { view: View }) {
  const { application, asset, locale, say } = view
  const proof = application?.humanProof
  if (!proof) return null
  const words = {
    label: say('humanLabel'),
    verifying: say('humanWorking'),
    waitAlert: say('humanWorking'),
    verified: say('humanDone'),
    error: say('humanFailed'),
    expired: say('humanExpired'),
    verificationRequired: say('humanRefused'),
  }
  return (
    <div class="field human">
      {proof.kind === 'turnstile' && (
        <div
          class="cf-turnstile"
          data-sitekey={proof.siteKey}
          data-language={locale}
          data-response-field-name="humanProof"
        ></div>
      )}
      {proof.kind === 'hcaptcha' && <div class="h-captcha" data-sitekey={proof.siteKey}></div>}
      {proof.kind === 'altcha' && (
        <div
          data-human
          data-challenge={`${forgotPath(application)}/challenge`}
          data-work={asset('altcha-work.js')}
          data-words={JSON.stringify(words)}
        ></div>
      )}
      <noscript>
        <p>{say('humanNoScript')}</p>
      </noscript>
    </div>
  )
}
