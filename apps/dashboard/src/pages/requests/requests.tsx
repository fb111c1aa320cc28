import { useInfiniteQuery } from '@tanstack/react-query'
import { useEffect } from 'react'
import { useSearch } from 'wouter'
import { allDialects } from '../../api/types.ts'
import { useLive } from '../../live.ts'
import { Button } from '../../parts/button.tsx'
import { useFilters } from '../../parts/filters.ts'
import { PageTitle } from '../../parts/page-title.tsx'
import { Empty, FailureNote, waitingFor } from '../../parts/states.tsx'
import { Filters } from './filters.tsx'
import { lastSearch, pageSize, requestsQuery, spans } from './queries.ts'
import { RequestTable } from './request-table.tsx'
import { statuses } from './words.ts'

export function RequestsPage() {
  const { get, set } = useFilters()
  const search = useSearch()
  useEffect(() => lastSearch.set(search), [search])
  const filters = {
    login: get('login'),
    status: get('status', ['', ...statuses], ''),
    applicationId: get('applicationId'),
    dialect: get('dialect', ['', ...allDialects], ''),
    span: get('span', spans, ''),
    from: get('from'),
    to: get('to'),
  }
  const { line } = useLive()
  const query = useInfiniteQuery(requestsQuery(filters, line === 'open'))
  const pages = query.data?.pages ?? []
  const items = pages.flatMap(page => page.items)
  // A page that is not full tells that few fit, not that there are no more.
  const sparse = (pages.at(-1)?.items.length ?? 0) < pageSize
  const words = sparse
    ? { more: 'Search further back', busy: 'Searching…' }
    : { more: 'Show more', busy: 'Loading…' }
  const filtered = Object.values(filters).some(Boolean)

  return (
    <>
      <PageTitle
        title="Requests"
        about="Who asked for a reset, and what became of it."
        aside={
          (line === 'lost' || pages.length > 1) && (
            <Button size="small" busy={query.isFetching} onClick={() => query.refetch()}>
              Refresh
            </Button>
          )
        }
      />
      <Filters filters={filters} onSet={set} />
      <section
        aria-label="Requests found"
        className="mt-4 rounded-card border border-line bg-card px-4 py-3 shadow-card sm:px-5"
      >
        <p role="status" className="sr-only">
          {query.isSuccess && `${items.length} requests shown`}
        </p>
        {waitingFor(query, 8) ??
          (items.length === 0 ? (
            <NothingFound filtered={filtered} more={query.hasNextPage} />
          ) : (
            <RequestTable items={items} />
          ))}
        {query.isFetchNextPageError && (
          <FailureNote error={query.error} onRetry={() => query.fetchNextPage()} />
        )}
        {query.hasNextPage && !query.isFetchNextPageError && (
          <div className="pt-3 pb-1 text-center">
            <Button busy={query.isFetchingNextPage} onClick={() => query.fetchNextPage()}>
              {query.isFetchingNextPage ? words.busy : words.more}
            </Button>
          </div>
        )}
      </section>
    </>
  )
}

function NothingFound({ filtered, more }: { filtered: boolean; more: boolean }) {
  if (more)
    return <Empty title="Nothing fits among the newest requests">Older ones can be searched, too.</Empty>
  if (!filtered)
    return <Empty title="No requests yet">As soon as somebody asks for a reset, it is listed here.</Empty>
  return (
    <Empty title="Nothing fits this search">
      A login must be typed as a whole. Try fewer filters, or a longer time.
    </Empty>
  )
}
