import { useInfiniteQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { answer, api } from '../../api/client.ts'
import type { Job, JobState, Queue } from '../../api/types.ts'
import { Button } from '../../parts/button.tsx'
import { Confirm } from '../../parts/confirm.tsx'
import { tell } from '../../parts/note.tsx'
import { formatCount } from '../../parts/numbers.ts'
import { Panel } from '../../parts/panel.tsx'
import { Empty, FailureNote, waitingFor } from '../../parts/states.tsx'
import { JobTable } from './job-table.tsx'
import { jobsQuery } from './queries.ts'
import { queueWords, stateWords } from './words.ts'

interface Props {
  queue: Queue
  state: JobState
}

export function Jobs({ queue: { name, counts }, state }: Props) {
  const client = useQueryClient()
  const query = useInfiniteQuery(jobsQuery(name, state))
  const [asked, setAsked] = useState<Job | 'all'>()
  const jobs = query.data?.pages.flatMap(page => page.items) ?? []
  const { title } = queueWords(name)

  async function retry() {
    const body = asked === 'all' || !asked ? {} : { jobId: asked.id }
    const { retried } = await answer(
      api.POST('/v1/queues/{name}/retry', { params: { path: { name } }, body }),
    )
    await client.invalidateQueries({ queryKey: ['jobs', name] })
    await client.invalidateQueries({ queryKey: ['queues'] })
    tell(retried === 1 ? 'One job runs again.' : `${formatCount(retried)} jobs run again.`)
  }

  return (
    <Panel
      title={`${title}: ${stateWords[state].toLowerCase()} jobs`}
      className="mt-4"
      aside={
        state === 'failed' &&
        jobs.length > 0 && (
          <Button size="small" onClick={() => setAsked('all')}>
            Retry all failed
          </Button>
        )
      }
    >
      {waitingFor(query, 5) ??
        (jobs.length === 0 ? (
          <Empty title={`No ${stateWords[state].toLowerCase()} jobs`}>
            {state === 'failed' && 'That is how it should be.'}
          </Empty>
        ) : (
          <JobTable jobs={jobs} state={state} onRetry={setAsked} />
        ))}
      {query.isFetchNextPageError && (
        <FailureNote error={query.error} onRetry={() => query.fetchNextPage()} />
      )}
      {query.hasNextPage && (
        <div className="pt-3 text-center">
          <Button busy={query.isFetchingNextPage} onClick={() => query.fetchNextPage()}>
            Show more
          </Button>
        </div>
      )}
      {asked && (
        <Confirm
          title={asked === 'all' ? `Retry all ${formatCount(counts.failed)} failed jobs?` : 'Retry this job?'}
          action={asked === 'all' ? 'Retry all' : 'Retry'}
          onDo={retry}
          onClose={() => setAsked(undefined)}
        >
          A job whose request has ended in the meantime does nothing, so no mail goes out by mistake.
        </Confirm>
      )}
    </Panel>
  )
}
