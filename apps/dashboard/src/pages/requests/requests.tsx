import { useInfiniteQuery } from '@tanstack/react-query'
import { useEffect } from 'react'
import { useSearch } from 'wouter'
import { allDialects } from '../../api/types.ts'
import { Button } from '../../parts/button.tsx'
import { useFilters } from '../../parts/filters.ts'
import { PageTitle } from '../../parts/page-title.tsx'
import { Empty, FailureNote, waitingFor } from '../../parts/states.tsx'
import { Filters } from './filters.tsx'
import { lastSearch, requestsQuery, spans } from './queries.ts'
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
  const query = useInfiniteQuery(requestsQuery(filters))
  const items = query.data?.pages.flatMap(page => page.items) ?? []
  const filtered = Object.values(filters).some(Boolean)

  return (
    <>
      <PageTitle
        title="Requests"
        about="Who asked for a reset, and what became of it."
        aside={
          <Button size="small" busy={query.isFetching} onClick={() => query.refetch()}>
            Refresh
          </Button>
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
            <Empty title={filtered ? 'Nothing fits this search' : 'No requests yet'}>
              {filtered
                ? 'A login must be typed as a whole. Try fewer filters, or a longer time.'
                : 'As soon as somebody asks for a reset, it is listed here.'}
            </Empty>
          ) : (
            <RequestTable items={items} />
          ))}
        {query.isFetchNextPageError && (
          <FailureNote error={query.error} onRetry={() => query.fetchNextPage()} />
        )}
        {query.hasNextPage && !query.isFetchNextPageError && (
          <div className="pt-3 pb-1 text-center">
            <Button busy={query.isFetchingNextPage} onClick={() => query.fetchNextPage()}>
              {query.isFetchingNextPage ? 'Loading…' : 'Show more'}
            </Button>
          </div>
        )}
      </section>
    </>
  )
}
