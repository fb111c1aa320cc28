import { useMemo } from 'react'
import type { Stats } from '../../api/types.ts'
import { Chart } from '../../parts/chart.tsx'
import { formatCount } from '../../parts/numbers.ts'
import { Panel } from '../../parts/panel.tsx'

export function TrafficPanel({ stats }: { stats: Stats }) {
  const { series, window } = stats
  const step = window === '5m' || window === '1h' ? 'minute' : 'hour'
  const times = useMemo(() => series.map(({ at }) => Date.parse(at) / 1000), [series])
  const lines = useMemo(
    () => [
      {
        name: 'Accepted',
        color: '--chart-accepted',
        fill: true,
        values: series.map(point => point.accepted),
      },
      { name: 'Sent', color: '--chart-sent', values: series.map(point => point.sent) },
      { name: 'Failed', color: '--chart-failed', dash: [6, 4], values: series.map(point => point.failed) },
    ],
    [series],
  )
  return (
    <Panel
      title="Requests and mails"
      about={`By ${step}; the last one is still being counted`}
      className="col-span-full"
    >
      <Chart
        label={`Accepted, sent and failed by ${step}`}
        times={times}
        lines={lines}
        format={formatCount}
        height={260}
      />
    </Panel>
  )
}
