import type { Child } from 'hono/jsx'
import { Heading, Layout } from './layout.tsx'
import { forgotPath, resetPath, type View } from './view.ts'

/** The password was changed. `redirectUrl` leads back to the application; in the template the script sets it. */
export function Done(props: { view: View; redirectUrl?: string; template?: boolean }) {
  const { application, say } = props.view
  const target = props.redirectUrl && safeTarget(props.redirectUrl)
  return (
    <>
      <Mark />
      <Heading>{say('doneTitle')}</Heading>
      <p class="lead">{say('doneLead')}</p>
      {(target || props.template) && (
        <a class="button" data-continue href={target || undefined}>
          {say('doneContinue', { name: application?.name ?? '' })}
        </a>
      )}
    </>
  )
}

/** The link or its token is of no use any more: unknown, used, expired and voided look the same. */
export function Unusable({ view }: { view: View }) {
  const { application, link, say } = view
  return (
    <>
      <Heading>{say('unusableTitle')}</Heading>
      <p class="lead">{say('unusableLead')}</p>
      {application ? (
        <>
          <a class="button" href={link(forgotPath(application))}>
            {say('askAgain')}
          </a>
          <p class="aside">
            <a href={link(resetPath(application))}>{say('haveCode')}</a>
          </p>
        </>
      ) : (
        <p>{say('unusablePlain')}</p>
      )}
    </>
  )
}

/** A page that says one thing. */
export function NoticePage(props: { view: View; title: string; lead: string; children?: Child }) {
  return (
    <Layout view={props.view} title={props.title}>
      <Heading>{props.title}</Heading>
      <p class="lead">{props.lead}</p>
      {props.children}
    </Layout>
  )
}

/** Where one may be sent on to: http or https, nothing that runs. The core has already checked the origin. */
function safeTarget(url: string): string | undefined {
  return URL.canParse(url) && /^https?:$/.test(new URL(url).protocol) ? url : undefined
}

function Mark() {
  return (
    <svg class="mark" viewBox="0 0 48 48" width="48" height="48" aria-hidden="true" focusable="false">
      <circle cx="24" cy="24" r="23" />
      <path d="M15 24.5l6.2 6.2L33.5 18" />
    </svg>
  )
}
