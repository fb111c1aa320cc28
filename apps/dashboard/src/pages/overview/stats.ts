import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { answer, api } from '../../api/client.ts'
import type { Stats, StatsWindow } from '../../api/types.ts'
import { useLive } from '../../live.ts'

const refreshMs: Record<StatsWindow, number> = { '5m': 5_000, '1h': 10_000, '24h': 60_000, '7d': 300_000 }

interface Wanted {
  window: StatsWindow
  applicationId: string
  dialect: string
}

/** The figures of a window. Those of the last five minutes come over the live line, while it is open. */
export function useStats({ window, applicationId, dialect }: Wanted) {
  const { line, figures } = useLive()
  const fresh = !applicationId && !dialect && line === 'open' ? figures?.stats : undefined
  const isLive = window === '5m' && fresh !== undefined
  const query = useQuery({
    queryKey: ['stats', window, applicationId, dialect],
    queryFn: () =>
      answer(
        api.GET('/v1/stats', {
          params: {
            query: { window, ...(applicationId ? { applicationId } : {}), ...(dialect ? { dialect } : {}) },
          },
        }),
      ),
    enabled: !isLive,
    refetchInterval: refreshMs[window],
    placeholderData: keepPreviousData,
  })
  // What waits now is the same in every window.
  const read: Stats | undefined = query.data && { ...query.data, waiting: (fresh ?? query.data).waiting }
  const data = isLive ? fresh : read
  return { ...query, data, isPlaceholderData: !isLive && query.isPlaceholderData }
}
