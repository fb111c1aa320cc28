import { infiniteQueryOptions, useInfiniteQuery } from '@tanstack/react-query'
import { answer, api } from '../../api/client.ts'
import type { AuditEntry } from '../../api/types.ts'
import { BackLink } from '../../parts/back-link.tsx'
import { Button } from '../../parts/button.tsx'
import { PageTitle } from '../../parts/page-title.tsx'
import { Panel } from '../../parts/panel.tsx'
import { Empty, waitingFor } from '../../parts/states.tsx'
import { Cell, HeadCell, RowHead, Table } from '../../parts/table.tsx'
import { Time } from '../../parts/time.tsx'

const pageSize = 20

const changesQuery = (applicationId?: string) =>
  infiniteQueryOptions({
    queryKey: ['audit', applicationId],
    queryFn: ({ pageParam }) => {
      const query = {
        limit: pageSize,
        ...(applicationId ? { applicationId } : {}),
        ...(pageParam ? { cursor: pageParam } : {}),
      }
      return answer(api.GET('/v1/audit', { params: { query } }))
    },
    initialPageParam: '',
    getNextPageParam: page => page.nextCursor,
  })

/** What operators and keys changed, of all applications. */
export function ChangesPage() {
  return (
    <>
      <BackLink href="/applications" to="Applications" />
      <PageTitle title="Changes" about="What operators and keys did. Nothing here can be altered." />
      <Changes title="Of all applications" />
    </>
  )
}

/** The same, of one application where it is named. */
export function Changes({ applicationId, title }: { applicationId?: string; title: string }) {
  const query = useInfiniteQuery(changesQuery(applicationId))
  const entries = query.data?.pages.flatMap(({ items }) => items) ?? []
  return (
    <Panel title={title} about="Who changed what, by names of fields and never their values.">
      {waitingFor(query)}
      {query.data && entries.length === 0 && <Empty title="Nothing yet">Changes show up here.</Empty>}
      {entries.length > 0 && <ChangeTable entries={entries} />}
      {query.hasNextPage && (
        <div className="mt-4">
          <Button busy={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
            Show more
          </Button>
        </div>
      )}
    </Panel>
  )
}

function ChangeTable({ entries }: { entries: AuditEntry[] }) {
  return (
    <Table caption="Changes, newest first">
      <thead>
        <tr>
          <HeadCell>What</HeadCell>
          <HeadCell shown="tablet">Fields</HeadCell>
          <HeadCell shown="tablet">Who</HeadCell>
          <HeadCell side="right" shown="tablet">
            When
          </HeadCell>
        </tr>
      </thead>
      <tbody>
        {entries.map(({ id, at, actor, action, target, fields, ip }) => (
          <tr key={id} className="group">
            <RowHead>
              {inWords(action)}
              {target && (
                <code className="block text-xs wrap-anywhere text-soft lg:whitespace-nowrap">{target}</code>
              )}
              <span className="mt-1 block text-sm text-soft sm:hidden">
                <Time at={at} /> {ip && `· ${ip}`}
                <br />
                <Actor is={actor} />
              </span>
            </RowHead>
            <Cell shown="tablet">{fields.join(', ')}</Cell>
            <Cell shown="tablet">
              <Actor is={actor} />
              {ip && <span className="block text-sm text-soft">{ip}</span>}
            </Cell>
            <Cell side="right" shown="tablet">
              <span className="whitespace-nowrap">
                <Time at={at} />
              </span>
            </Cell>
          </tr>
        ))}
      </tbody>
    </Table>
  )
}

const actors: Record<string, string> = { operator: 'Operator', cli: 'Command line' }

/** The operator, the command line, or a key by its id. */
function Actor({ is: actor }: { is: string }) {
  return actors[actor] ?? <code className="text-xs wrap-anywhere lg:whitespace-nowrap">{actor}</code>
}

const things: Record<string, string> = { webhook: 'Webhook endpoint', session: 'Operator', mail: 'Test mail' }
const deeds: Record<string, string> = {
  create: 'made',
  update: 'changed',
  delete: 'deleted',
  import: 'imported',
  revoke: 'revoked',
  rotate_secret: 'has a new secret',
  rotate_directory_secret: 'has a new directory secret',
  replay: 'replayed',
  pause: 'paused',
  resume: 'resumed',
  retry: 'tried again',
  test: 'sent',
  open: 'signed in',
  close: 'signed out',
  cancel: 'cancelled',
  resend: 'sent again',
}

/** `application.update` → `Application changed`. */
function inWords(action: string): string {
  const [thing = '', deed = ''] = action.split('.')
  const name = things[thing] ?? `${thing.charAt(0).toUpperCase()}${thing.slice(1)}`
  return `${name} ${deeds[deed] ?? deed.replaceAll('_', ' ')}`
}
