import { Link } from 'wouter'
import { allDialects, statsWindows } from '../../api/types.ts'
import { useLive } from '../../live.ts'
import { ChoiceRow } from '../../parts/choice-row.tsx'
import { selectClass } from '../../parts/field.tsx'
import { useFilters } from '../../parts/filters.ts'
import { PageTitle } from '../../parts/page-title.tsx'
import { waitingFor } from '../../parts/states.tsx'
import { Time } from '../../parts/time.tsx'
import { useApplications } from '../applications/queries.ts'
import { SwitchedOffNote } from '../webhooks/switched-off.tsx'
import { Breakdown } from './breakdown.tsx'
import { LatencyPanel, WaitingPanel } from './live-panels.tsx'
import { ServersPanel } from './servers.tsx'
import { useStats } from './stats.ts'
import { Tiles } from './tiles.tsx'
import { TrafficPanel } from './traffic.tsx'
import { WorkersPanel } from './workers.tsx'

const windows = statsWindows.map(value => ({
  value,
  label: { '5m': '5 min', '1h': '1 hour', '24h': '24 hours', '7d': '7 days' }[value],
}))

export function OverviewPage() {
  const { get, set } = useFilters()
  const { figures } = useLive()
  const window = get('window', statsWindows, '1h')
  const applicationId = get('applicationId')
  const dialect = get('dialect', ['', ...allDialects], '')
  const stats = useStats({ window, applicationId, dialect })
  const { data } = stats

  return (
    <>
      <PageTitle
        title="Overview"
        about={
          data && (
            <>
              <Time at={data.from} /> to <Time at={data.to} />
            </>
          )
        }
        aside={
          <>
            <ScopeSelects applicationId={applicationId} dialect={dialect} onSet={set} />
            <ChoiceRow
              legend="Window of time"
              choices={windows}
              value={window}
              onChoose={window => set({ window })}
            />
          </>
        }
      />
      {figures?.queues === null && (
        <p className="mb-5 rounded-control border-l-4 border-wrong bg-wrong-ground px-4 py-3">
          <strong className="font-semibold text-wrong">The queue is out of reach.</strong> Requests are still
          taken and kept; their mails go out when it is back. <Link href="/queues">Look at the queues</Link>
        </p>
      )}
      <SwitchedOffNote />
      {data ? (
        <div
          aria-busy={stats.isPlaceholderData}
          className="grid gap-4 transition-opacity aria-busy:opacity-60 lg:grid-cols-2"
        >
          <Tiles stats={data} applicationId={applicationId} dialect={dialect} />
          <TrafficPanel stats={data} />
          <WaitingPanel stats={data} />
          <LatencyPanel stats={data} />
          <ServersPanel servers={data.servers} />
          <WorkersPanel />
          <Breakdown stats={data} />
        </div>
      ) : (
        waitingFor(stats, 8)
      )}
    </>
  )
}

interface ScopeProps {
  applicationId: string
  dialect: string
  onSet(changes: Record<string, string>): void
}

function ScopeSelects({ applicationId, dialect, onSet }: ScopeProps) {
  const applications = useApplications()
  return (
    <>
      <select
        aria-label="Application"
        value={applicationId}
        onChange={event => onSet({ applicationId: event.target.value })}
        className={`${selectClass} !w-auto max-w-44`}
      >
        <option value="">All applications</option>
        {applications.data?.map(({ id, name }) => (
          <option key={id} value={id}>
            {name}
          </option>
        ))}
      </select>
      <select
        aria-label="Dialect"
        value={dialect}
        onChange={event => onSet({ dialect: event.target.value })}
        className={`${selectClass} !w-auto`}
      >
        <option value="">All dialects</option>
        {allDialects.map(name => (
          <option key={name}>{name}</option>
        ))}
      </select>
    </>
  )
}
