import { useQuery } from '@tanstack/react-query'
import { Link } from 'wouter'
import type { ResetRequest } from '../../api/types.ts'
import { BackLink } from '../../parts/back-link.tsx'
import { Badge } from '../../parts/badge.tsx'
import { CopyButton } from '../../parts/copy-button.tsx'
import { PageTitle } from '../../parts/page-title.tsx'
import { Panel } from '../../parts/panel.tsx'
import { FailureNote, waitingFor } from '../../parts/states.tsx'
import { Time } from '../../parts/time.tsx'
import { applicationQuery } from '../applications/queries.ts'
import { RequestActions } from './actions.tsx'
import { Mails } from './mails.tsx'
import { lastSearch, requestQuery } from './queries.ts'
import { Timeline } from './timeline.tsx'
import { reasonOf, statusWords } from './words.ts'

export function RequestPage({ id }: { id: string }) {
  const query = useQuery(requestQuery(id))
  const { data } = query
  const search = lastSearch.get()
  return (
    <>
      <BackLink href={search ? `/requests?${search}` : '/requests'} to="Requests" />
      <PageTitle
        title={data ? data.login : 'Request'}
        about={
          <span className="flex flex-wrap items-center gap-2">
            <code className="text-sm wrap-anywhere">{id}</code>
            <CopyButton text={id} label="Copy id" />
          </span>
        }
        aside={data && <RequestActions request={data} />}
      />
      {waitingFor(query, 8)}
      {data && query.isError && <FailureNote error={query.error} onRetry={() => query.refetch()} />}
      {data && (
        <div className="grid items-start gap-4 lg:grid-cols-[minmax(0,3fr)_minmax(0,2fr)]">
          <div className="grid gap-4">
            <Summary request={data} />
            <Panel title="Mails" about="Each try, in the mail server’s own words">
              <Mails mails={data.mails} />
            </Panel>
          </div>
          <Panel title="Timeline">
            <Timeline entries={data.timeline} />
          </Panel>
        </div>
      )}
    </>
  )
}

function Summary({ request }: { request: ResetRequest }) {
  const application = useQuery(applicationQuery(request.applicationId))
  const { name, tone, about } = statusWords[request.status]
  return (
    <Panel title="What became of it" aside={<Badge tone={tone}>{name}</Badge>}>
      <div role="status">
        <p>{about}</p>
        {request.reason && <p className="mt-1 wrap-anywhere">{reasonOf(request.reason)}</p>}
      </div>
      <dl className="mt-4 grid grid-cols-[auto_minmax(0,1fr)] gap-x-6 gap-y-1.5">
        <dt className="text-soft">Application</dt>
        <dd>
          <Link
            href={`/applications/${request.applicationId}`}
            className="text-brand-link underline underline-offset-4"
          >
            {application.data?.name ?? request.applicationId}
          </Link>
        </dd>
        <dt className="text-soft">Dialect</dt>
        <dd>{request.dialect}</dd>
        <dt className="text-soft">Asked at</dt>
        <dd>
          <Time at={request.createdAt} as="full" />
        </dd>
        {request.expiresAt && (
          <>
            <dt className="text-soft">Link ends</dt>
            <dd>
              <Time at={request.expiresAt} as="full" />
            </dd>
          </>
        )}
      </dl>
    </Panel>
  )
}
