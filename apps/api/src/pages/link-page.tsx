import { CodeForm } from './code-form.tsx'
import { Heading, Layout, titleOf } from './layout.tsx'
import { Done, Unusable } from './notices.tsx'
import { PasswordForm, PasswordMessages } from './password-form.tsx'
import type { View } from './view.ts'

/**
 * The page that a mailed link opens. As it stands it asks for the code, which works everywhere; where the
 * link's fragment holds a token and scripts run, reset.js puts one of the templates in its place. Without an
 * application (links mailed before they named it) there is nowhere to look a code up, so it says what helps.
 */
export function LinkPage(props: { view: View; login?: string; error?: string }) {
  const { view } = props
  const { application, say } = view
  const title = (text: string) => titleOf(text, application?.name)
  return (
    <Layout
      view={view}
      title={say('codeTitle')}
      script="reset.js"
      deferred={application && ['password.js']}
      beside={
        <>
          <template id="checking" data-title={title(say('checking'))}>
            <div role="status" class="checking">
              <Heading>{say('checking')}</Heading>
            </div>
          </template>
          <template id="unusable" data-title={title(say('unusableTitle'))}>
            <Unusable view={view} />
          </template>
          <template id="trouble" data-title={title(say('troubleTitle'))}>
            <Heading>{say('troubleTitle')}</Heading>
            <p class="lead">{say('unavailable')}</p>
            <button type="button" class="button" data-again>
              {say('tryAgain')}
            </button>
          </template>
          {application && (
            <>
              <template id="choose" data-title={title(say('passwordTitle'))}>
                <PasswordForm view={view} />
              </template>
              <template id="done" data-title={title(say('doneTitle'))}>
                <Done view={view} template />
              </template>
              <PasswordMessages view={view} />
            </>
          )}
        </>
      }
    >
      <Heading>{say('codeTitle')}</Heading>
      <noscript>
        <p class="note">{say(application ? 'noScript' : 'noScriptPlain')}</p>
      </noscript>
      <p class="lead">{say(application ? 'codeLead' : 'linkLead')}</p>
      {application && <CodeForm view={view} login={props.login} error={props.error} />}
    </Layout>
  )
}
