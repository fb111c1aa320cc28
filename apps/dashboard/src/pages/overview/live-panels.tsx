import { useMemo } from 'react'
import type { Stats } from '../../api/types.ts'
import { historySeconds, type Moment, useHistory } from '../../live.ts'
import { Chart } from '../../parts/chart.tsx'
import type { Line } from '../../parts/chart-options.ts'
import { formatCount, formatSeconds } from '../../parts/numbers.ts'
import { Panel } from '../../parts/panel.tsx'

const waitingLines = [
  { name: 'Waiting', color: '--chart-waiting', fill: true, of: 'waiting' },
] as const satisfies LiveLine[]
const latencyLines = [
  { name: 'p50', color: '--chart-sent', of: 'p50' },
  { name: 'p95', color: '--chart-accepted', dash: [8, 4], of: 'p95' },
  { name: 'p99', color: '--chart-third', dash: [3, 3], of: 'p99' },
] as const satisfies LiveLine[]

export function WaitingPanel({ stats }: { stats: Stats }) {
  const { requests, oldestSeconds } = stats.waiting
  return (
    <Panel title="Waiting for their mail" about="Accepted, or being sent now">
      <Facts
        facts={[
          ['Waiting', formatCount(requests)],
          ['The oldest for', formatSeconds(oldestSeconds)],
        ]}
      />
      <LiveChart label="Requests waiting for their mail" of={waitingLines} format={formatCount} />
    </Panel>
  )
}

export function LatencyPanel({ stats }: { stats: Stats }) {
  const { count, p50, p95, p99 } = stats.latency
  return (
    <Panel title="Latency" about="From the request to the mail server’s yes">
      <Facts
        facts={[
          ['p50', formatSeconds(p50)],
          ['p95', formatSeconds(p95)],
          ['p99', formatSeconds(p99)],
          ['Mails', formatCount(count)],
        ]}
      />
      <LiveChart label="Latency: p50, p95 and p99" of={latencyLines} format={formatSeconds} />
    </Panel>
  )
}

function Facts({ facts }: { facts: [name: string, value: string][] }) {
  return (
    <dl className="mb-3 flex flex-wrap gap-x-8 gap-y-1">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt className="text-sm text-soft">{name}</dt>
          <dd className="figures text-xl leading-tight font-semibold">{value}</dd>
        </div>
      ))}
    </dl>
  )
}

type LiveLine = Omit<Line, 'values'> & { of: Exclude<keyof Moment, 'at'> }

function LiveChart({
  label,
  of,
  format,
}: {
  label: string
  of: readonly LiveLine[]
  format(value: number): string
}) {
  const history = useHistory()
  const times = useMemo(() => history.map(({ at }) => at / 1000), [history])
  const lines = useMemo(
    () => of.map(({ of, ...line }) => ({ ...line, values: history.map(moment => moment[of]) })),
    [history, of],
  )
  if (times.length === 0) {
    return (
      <p className="grid h-48 place-items-center rounded-control bg-ground text-soft">Gathering figures…</p>
    )
  }
  return (
    <>
      <p className="mb-1 text-sm text-soft">Live, of all applications in the last 5 minutes</p>
      <Chart label={label} times={times} lines={lines} format={format} height={180} span={historySeconds} />
    </>
  )
}
