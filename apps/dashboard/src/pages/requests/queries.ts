import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import { answer, api } from '../../api/client.ts'
import type { RequestQuery, RequestStatus, RequestSummary, ResetRequest } from '../../api/types.ts'
import { createStore } from '../../store.ts'

export const pageSize = 50
/** A call looks at 20,000 requests at most. Whoever wants to see more has a million looked through. */
const callsForMore = 50
const listRefreshMs = 3_000
/** How soon a request is read again that is in a worker's hands, and one that waits for its person. */
const refreshMs = { moving: 2_000, open: 5_000 }

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

interface Found {
  items: RequestSummary[]
  nextCursor: string | null
}

/** `live`: the newest are read again and again, for as long as no older ones are shown. */
export const requestsQuery = (filters: RequestFilters, live: boolean) =>
  infiniteQueryOptions({
    queryKey: ['requests', filters],
    queryFn: async ({ pageParam, signal }) => {
      const items: RequestSummary[] = []
      let cursor: string | null = pageParam
      for (let calls = pageParam === '' ? 1 : callsForMore; calls > 0; calls--) {
        const query: RequestQuery = {
          ...queryOf(filters),
          limit: pageSize - items.length,
          ...(cursor ? { cursor } : {}),
        }
        const page: Found = await answer(api.GET('/v1/reset-requests', { params: { query }, signal }))
        items.push(...page.items)
        cursor = page.nextCursor
        if (cursor === null || items.length === pageSize) break
      }
      return { items, nextCursor: cursor }
    },
    initialPageParam: '',
    getNextPageParam: page => page.nextCursor,
    refetchInterval: ({ state }) => (live && (state.data?.pages.length ?? 0) < 2 ? listRefreshMs : false),
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
    refetchInterval: ({ state: { data } }) => (data ? refreshOf(data) : false),
  })

function refreshOf({ status, mails }: ResetRequest): number | false {
  const inHand = mails.some(mail => mail.status === 'queued' || mail.status === 'sending')
  if (inHand || status === 'accepted' || status === 'sending') return refreshMs.moving
  return status === 'sent' || status === 'unknown' ? refreshMs.open : false
}
