import { useEffect } from 'react'
import { Route, Switch } from 'wouter'
import { lookUpSession } from './api/session-calls.ts'
import { Frame } from './frame.tsx'
import { watchPerson } from './idle.ts'
import { lazyPage, loadAll } from './lazy-page.tsx'
import { openLine } from './live.ts'
import { OverviewPage } from './pages/overview/overview.tsx'
import { SignInPage } from './pages/sign-in/sign-in.tsx'
import { UnreachablePage } from './pages/sign-in/unreachable.tsx'
import { PageTitle } from './parts/page-title.tsx'
import { session } from './session.ts'
import { useStore } from './store.ts'

/** The overview is what is opened in a hurry: the others load once it is there, or when they are gone to. */
const othersAfterMs = 2_000

const ApplicationPage = lazyPage(
  async () => (await import('./pages/applications/application.tsx')).ApplicationPage,
)
const ApplicationsPage = lazyPage(
  async () => (await import('./pages/applications/applications.tsx')).ApplicationsPage,
)
const ChangesPage = lazyPage(async () => (await import('./pages/applications/changes.tsx')).ChangesPage)
const NewApplicationPage = lazyPage(
  async () => (await import('./pages/applications/new-application.tsx')).NewApplicationPage,
)
const MailsPage = lazyPage(async () => (await import('./pages/mails/mails.tsx')).MailsPage)
const QueuesPage = lazyPage(async () => (await import('./pages/queues/queues.tsx')).QueuesPage)
const RequestPage = lazyPage(async () => (await import('./pages/requests/request.tsx')).RequestPage)
const RequestsPage = lazyPage(async () => (await import('./pages/requests/requests.tsx')).RequestsPage)

export function App() {
  const state = useStore(session)
  switch (state.is) {
    case 'unknown':
      return null
    case 'in':
      return <SignedIn />
    // The address stays, so that signing in leads back to the same page.
    case 'out':
      return <SignInPage why={state.why} />
    case 'unreachable':
      return <UnreachablePage failure={state.failure} />
  }
}

function SignedIn() {
  useEffect(openLine, [])
  useEffect(() => {
    const timer = setTimeout(loadAll, othersAfterMs)
    return () => clearTimeout(timer)
  }, [])
  useEffect(() => watchPerson(() => void lookUpSession()), [])
  return (
    <Frame>
      <Switch>
        <Route path="/" component={OverviewPage} />
        <Route path="/requests" component={RequestsPage} />
        <Route path="/requests/:id">{({ id }) => <RequestPage key={id} id={id} />}</Route>
        <Route path="/queues" component={QueuesPage} />
        <Route path="/applications" component={ApplicationsPage} />
        <Route path="/applications/new" component={NewApplicationPage} />
        <Route path="/changes" component={ChangesPage} />
        <Route path="/applications/:id">{({ id }) => <ApplicationPage key={id} id={id} />}</Route>
        <Route path="/mails" component={MailsPage} />
        <Route>
          <PageTitle
            title="There is no such page"
            about="Please check the address, or choose from the menu."
          />
        </Route>
      </Switch>
    </Frame>
  )
}
