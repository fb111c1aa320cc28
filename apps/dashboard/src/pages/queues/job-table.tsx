import { Link } from 'wouter'
import type { Job, JobState } from '../../api/types.ts'
import { Button } from '../../parts/button.tsx'
import { Cell, HeadCell, RowHead, Table } from '../../parts/table.tsx'
import { Time } from '../../parts/time.tsx'

/** The moment that matters most in each state. */
const moments: Record<JobState, { name: string; of: (job: Job) => string | undefined }> = {
  waiting: { name: 'Made at', of: job => job.createdAt },
  active: { name: 'Began at', of: job => job.startedAt },
  delayed: { name: 'Due at', of: job => job.runAt },
  failed: { name: 'Failed at', of: job => job.finishedAt },
  completed: { name: 'Done at', of: job => job.finishedAt },
}

interface Props {
  jobs: Job[]
  state: JobState
  onRetry(job: Job): void
}

export function JobTable({ jobs, state, onRetry }: Props) {
  const moment = moments[state]
  return (
    <Table caption={`Jobs that are ${state}`}>
      <thead>
        <tr>
          <HeadCell>Job</HeadCell>
          {state === 'failed' && <HeadCell shown="tablet">Error</HeadCell>}
          <HeadCell side="right" shown="tablet">
            Tries
          </HeadCell>
          <HeadCell side="right" shown="tablet">
            {moment.name}
          </HeadCell>
          {state === 'failed' && (
            <HeadCell side="right">
              <span className="sr-only">Retry</span>
            </HeadCell>
          )}
        </tr>
      </thead>
      <tbody>
        {jobs.map(job => {
          const at = moment.of(job) ?? job.createdAt
          return (
            <tr key={job.id} className="group">
              <RowHead>
                <JobData job={job} />
                <span className="block text-sm text-soft sm:hidden">
                  {moment.name} <Time at={at} />
                </span>
                {job.error && (
                  <span className="block text-sm wrap-anywhere text-wrong sm:hidden">{job.error}</span>
                )}
              </RowHead>
              {state === 'failed' && (
                <Cell shown="tablet">
                  <span className="text-sm wrap-anywhere">{job.error}</span>
                </Cell>
              )}
              <Cell side="right" shown="tablet">
                {job.attempts}
              </Cell>
              <Cell side="right" shown="tablet">
                <Time at={at} />
              </Cell>
              {state === 'failed' && (
                <Cell side="right">
                  <Button size="small" onClick={() => onRetry(job)}>
                    Retry<span className="sr-only"> job {job.id}</span>
                  </Button>
                </Cell>
              )}
            </tr>
          )
        })}
      </tbody>
    </Table>
  )
}

/** The ids that a job holds; a request's leads to its page. */
function JobData({ job }: { job: Job }) {
  const entries = Object.entries(job.data)
  if (entries.length === 0) return <code className="text-sm">{job.id}</code>
  return (
    <>
      {entries.map(([name, value]) => (
        <span key={name} className="block text-sm">
          <span className="text-soft">{name} </span>
          {value.startsWith('req_') ? (
            <Link href={`/requests/${value}`} className="text-brand-link underline underline-offset-4">
              <code>{value}</code>
            </Link>
          ) : (
            <code>{value}</code>
          )}
        </span>
      ))}
    </>
  )
}
