import { infiniteQueryOptions, useInfiniteQuery } from '@tanstack/react-query'
import { answer, api } from '../../api/client.ts'
import type { AuditEntry } from '../../api/types.ts'
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
      <PageTitle title="Changes" about="What operators and keys did. Nothing here can be altered." />
      <Changes />
    </>
  )
}

/** The same, of one application where it is named. */
export function Changes({ applicationId }: { applicationId?: string }) {
  const query = useInfiniteQuery(changesQuery(applicationId))
  const entries = query.data?.pages.flatMap(({ items }) => items) ?? []
  return (
    <Panel title="Changes" about="Who changed what, by names of fields and never their values.">
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
          <HeadCell>Who</HeadCell>
          <HeadCell side="right">When</HeadCell>
        </tr>
      </thead>
      <tbody>
        {entries.map(({ id, at, actor, action, target, fields, ip }) => (
          <tr key={id}>
            <RowHead>
              {inWords(action)}
              {target && <code className="block text-sm wrap-anywhere text-soft">{target}</code>}
            </RowHead>
            <Cell shown="tablet">{fields.join(', ')}</Cell>
            <Cell>
              <span className="wrap-anywhere">{actor === 'operator' ? 'Operator' : actor}</span>
              {ip && <span className="block text-sm text-soft">{ip}</span>}
            </Cell>
            <Cell side="right">
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

/** `application.update` → `Application: update`. */
function inWords(action: string): string {
  const [thing = '', verb = ''] = action.split('.')
  return `${thing.charAt(0).toUpperCase()}${thing.slice(1)}: ${verb.replaceAll('_', ' ')}`
}
