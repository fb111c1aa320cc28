import { infiniteQueryOptions, useQuery } from '@tanstack/react-query'
import { answer, api } from '../../api/client.ts'
import type { JobState, QueueName } from '../../api/types.ts'
import { useLive } from '../../live.ts'

const refreshMs = 5_000
const pageSize = 25

/** The queues, over the live line while it is open. `lost`: the API itself can't reach them. */
export function useQueues() {
  const { line, figures } = useLive()
  const isLive = line === 'open' && figures !== null
  const query = useQuery({
    queryKey: ['queues'],
    queryFn: async () => (await answer(api.GET('/v1/queues'))).items,
    enabled: !isLive,
    refetchInterval: refreshMs,
  })
  return {
    ...query,
    data: (isLive ? figures.queues : query.data) ?? undefined,
    lost: isLive && !figures.queues,
  }
}

export const jobsQuery = (name: QueueName, state: JobState) =>
  infiniteQueryOptions({
    queryKey: ['jobs', name, state],
    queryFn: ({ pageParam }) =>
      answer(
        api.GET('/v1/queues/{name}/jobs', {
          params: {
            path: { name },
            query: { state, limit: pageSize, ...(pageParam ? { cursor: pageParam } : {}) },
          },
        }),
      ),
    initialPageParam: '',
    getNextPageParam: page => page.nextCursor,
    refetchInterval: refreshMs,
  })
