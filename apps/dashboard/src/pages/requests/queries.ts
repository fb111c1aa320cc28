import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import { answer, api } from '../../api/client.ts'
import type { RequestQuery, RequestStatus } from '../../api/types.ts'
import { createStore } from '../../store.ts'
import { moving } from './words.ts'

const pageSize = 50
const refreshMs = 2_000

export const spans = ['', '1h', '24h', '7d', 'custom'] as const
export type Span = (typeof spans)[number]
const spanMs: Partial<Record<Span, number>> = { '1h': 3_600_000, '24h': 86_400_000, '7d': 604_800_000 }

export interface RequestFilters {
  login: string
  status: RequestStatus | ''
  applicationId: string
  dialect: NonNullable<RequestQuery['dialect']> | ''
  span: Span
  /** ISO 8601, with the span `custom`. */
  from: string
  to: string
}

/** The search as it was left, for the way back to it. */
export const lastSearch = createStore('')

export const requestsQuery = (filters: RequestFilters) =>
  infiniteQueryOptions({
    queryKey: ['requests', filters],
    queryFn: ({ pageParam }) =>
      answer(
        api.GET('/v1/reset-requests', {
          params: {
            query: { ...queryOf(filters), limit: pageSize, ...(pageParam ? { cursor: pageParam } : {}) },
          },
        }),
      ),
    initialPageParam: '',
    getNextPageParam: page => page.nextCursor,
  })

function queryOf({ login, status, applicationId, dialect, span, from, to }: RequestFilters) {
  const ms = spanMs[span]
  const since = ms ? new Date(Date.now() - ms).toISOString() : span === 'custom' ? from : ''
  const until = span === 'custom' ? to : ''
  return {
    ...(login ? { login } : {}),
    ...(status ? { status } : {}),
    ...(applicationId ? { applicationId } : {}),
    ...(dialect ? { dialect } : {}),
    ...(since ? { from: since } : {}),
    ...(until ? { to: until } : {}),
  }
}

export const requestQuery = (id: string) =>
  queryOptions({
    queryKey: ['request', id],
    queryFn: () => answer(api.GET('/v1/reset-requests/{id}', { params: { path: { id } } })),
    refetchInterval: query =>
      query.state.data && moving.includes(query.state.data.status) ? refreshMs : false,
  })
