import { jobStates } from '../../api/types.ts'
import { buttonClass } from '../../parts/button.tsx'
import { useFilters } from '../../parts/filters.ts'
import { Icon } from '../../parts/icons.tsx'
import { PageTitle } from '../../parts/page-title.tsx'
import { Empty, waitingFor } from '../../parts/states.tsx'
import { Jobs } from './jobs.tsx'
import { useQueues } from './queries.ts'
import { QueuePanel } from './queue-panel.tsx'

export function QueuesPage() {
  const { get, set } = useFilters()
  const state = get('state', jobStates, 'failed')
  const queues = useQueues()
  const asked = queues.data?.find(queue => queue.name === get('queue'))
  const chosen = asked ?? queues.data?.[0]

  return (
    <>
      <PageTitle
        title="Queues"
        about="What the workers have to do, did, and could not do."
        aside={
          <a href="/dashboard/board" className={buttonClass()}>
            Open the queue board
            <Icon name="outside" className="size-4" />
          </a>
        }
      />
      {queues.lost ? (
        <Empty title="The queue is out of reach">
          Requests are still taken and kept; they are queued when it is back. This page shows it by itself.
        </Empty>
      ) : (
        (queues.data === undefined && waitingFor(queues, 6)) || (
          <>
            <div className="grid gap-4">
              {queues.data?.map(queue => (
                <QueuePanel
                  key={queue.name}
                  queue={queue}
                  shown={queue === chosen ? state : undefined}
                  onShow={state => set({ queue: queue.name, state })}
                />
              ))}
            </div>
            {chosen && <Jobs key={`${chosen.name} ${state}`} queue={chosen} state={state} />}
          </>
        )
      )}
    </>
  )
}
