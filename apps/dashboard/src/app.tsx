import { useEffect } from 'react'
import { Route, Switch } from 'wouter'
import { lookUpSession } from './api/session-calls.ts'
import { Frame } from './frame.tsx'
import { watchPerson } from './idle.ts'
import { openLine } from './live.ts'
import { ApplicationPage } from './pages/applications/application.tsx'
import { ApplicationsPage } from './pages/applications/applications.tsx'
import { ChangesPage } from './pages/applications/changes.tsx'
import { NewApplicationPage } from './pages/applications/new-application.tsx'
import { MailsPage } from './pages/mails/mails.tsx'
import { OverviewPage } from './pages/overview/overview.tsx'
import { QueuesPage } from './pages/queues/queues.tsx'
import { RequestPage } from './pages/requests/request.tsx'
import { RequestsPage } from './pages/requests/requests.tsx'
import { SignInPage } from './pages/sign-in/sign-in.tsx'
import { UnreachablePage } from './pages/sign-in/unreachable.tsx'
import { PageTitle } from './parts/page-title.tsx'
import { session } from './session.ts'
import { useStore } from './store.ts'

export function App() {
  const state = useStore(session)
  useEffect(() => {
    void lookUpSession()
  }, [])
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
