import { useQuery } from '@tanstack/react-query'
import { answer, api } from '../../api/client.ts'
import type { Worker } from '../../api/types.ts'
import { useLive } from '../../live.ts'
import { Badge } from '../../parts/badge.tsx'
import { Panel } from '../../parts/panel.tsx'
import { Empty, waitingFor } from '../../parts/states.tsx'
import { Time } from '../../parts/time.tsx'

const refreshMs = 10_000

/** The workers, over the live line while it is open. */
export function useWorkers() {
  const { line, figures } = useLive()
  const isLive = line === 'open' && figures !== null
  const query = useQuery({
    queryKey: ['workers'],
    queryFn: () => answer(api.GET('/v1/workers')),
    enabled: !isLive,
    refetchInterval: refreshMs,
  })
  return { query, workers: isLive ? figures.workers : query.data?.items }
}

export function WorkersPanel() {
  const { query, workers } = useWorkers()
  return (
    <Panel title="Workers" about="Who sends the mails, and how many are in hand">
      {workers ? <WorkerList workers={workers} /> : waitingFor(query)}
    </Panel>
  )
}

function WorkerList({ workers }: { workers: Worker[] }) {
  return (
    <>
      {workers.some(({ alive }) => alive) || (
        <Empty title="No worker is alive">
          Requests are taken and kept, but no mail goes out until a worker starts.
        </Empty>
      )}
      {workers.length > 0 && (
        <ul className="grid gap-4">
          {workers.map(worker => (
            <WorkerItem key={worker.id} worker={worker} />
          ))}
        </ul>
      )}
    </>
  )
}

function WorkerItem({ worker }: { worker: Worker }) {
  const { host, pid, busy, concurrency, startedAt, seenAt, alive } = worker
  return (
    <li>
      <div className="flex flex-wrap items-center justify-between gap-2">
        <h3 className="font-medium wrap-anywhere">
          {host} <span className="figures font-normal text-soft">pid {pid}</span>
        </h3>
        {alive ? (
          <Badge tone={busy > 0 ? 'calm' : 'good'}>{busy > 0 ? 'Sending' : 'Ready'}</Badge>
        ) : (
          <Badge tone="wrong">Not seen</Badge>
        )}
      </div>
      <div aria-hidden="true" className="my-2 h-2 overflow-hidden rounded-full bg-line">
        <div
          className="h-full rounded-full bg-brand-link transition-[width]"
          style={{ width: `${Math.min(100, (busy / concurrency) * 100)}%` }}
        />
      </div>
      <p className="text-sm text-soft">
        {busy} of {concurrency} in hand · since <Time at={startedAt} />
        {!alive && (
          <>
            {' '}
            · last seen <Time at={seenAt} />
          </>
        )}
      </p>
    </li>
  )
}
