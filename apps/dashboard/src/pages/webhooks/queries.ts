import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import { answer, api } from '../../api/client.ts'
import type { Endpoint } from '../../api/types.ts'

const pageSize = 100
const deliveriesShown = 10
const refreshMs = 5_000
const noticeMs = 10_000

export const endpointsQuery = (applicationId: string) =>
  queryOptions({
    queryKey: ['webhooks', 'of', applicationId],
    queryFn: async (): Promise<Endpoint[]> => {
      const params = { query: { applicationId, limit: pageSize } }
      return (await answer(api.GET('/v1/webhooks', { params }))).items
    },
    refetchInterval: refreshMs,
  })

/** Those that were switched off because they failed, of one application or of all. */
export const switchedOffQuery = (applicationId?: string) =>
  queryOptions({
    queryKey: ['webhooks', 'off', applicationId],
    queryFn: async (): Promise<Endpoint[]> => {
      const query = { failed: 'true', limit: pageSize, ...(applicationId ? { applicationId } : {}) } as const
      return (await answer(api.GET('/v1/webhooks', { params: { query } }))).items
    },
    refetchInterval: noticeMs,
    // Whoever comes to the page must not see what is over.
    staleTime: 0,
  })

export const deliveriesQuery = ({ id, applicationId }: Endpoint) =>
  infiniteQueryOptions({
    queryKey: ['webhooks', 'deliveries', id],
    queryFn: ({ pageParam }) => {
      const query = { applicationId, limit: deliveriesShown, ...(pageParam ? { cursor: pageParam } : {}) }
      return answer(api.GET('/v1/webhooks/{id}/deliveries', { params: { path: { id }, query } }))
    },
    initialPageParam: '',
    getNextPageParam: page => page.nextCursor,
    refetchInterval: refreshMs,
  })

/** Where a call about one endpoint goes: the operator says whose it is. */
export const paramsOf = ({ id, applicationId }: Endpoint) => ({ path: { id }, query: { applicationId } })
