import type { Job as BullJob, JobType, Queue } from 'bullmq'
import { type JobState, jobStates } from './jobs.ts'

/** A job as operators see it. Its data are ids; of an error only class and code are told. */
export interface JobView {
  id: string
  state: JobState
  data: Record<string, string>
  attempts: number
  createdAt: Date
  /** When a delayed job is due. */
  runAt?: Date
  startedAt?: Date
  finishedAt?: Date
  error?: string
}

export interface QueueView {
  paused: boolean
  counts: Record<JobState, number>
}

/** How many jobs are in each state, and whether workers leave them alone. */
export async function viewQueue(queue: Queue): Promise<QueueView> {
  const states = jobStates.flatMap(statesOf)
  const [counts, paused] = await Promise.all([queue.getJobCounts(...states), queue.isPaused()])
  const each = jobStates.map(state => [
    state,
    statesOf(state).reduce((sum, name) => sum + (counts[name] ?? 0), 0),
  ])
  return { paused, counts: Object.fromEntries(each) as Record<JobState, number> }
}

/** Jobs in one state, in the order in which they will run or the newest first, from `offset`. */
export async function listJobs(
  queue: Queue,
  state: JobState,
  { offset, limit }: { offset: number; limit: number },
): Promise<JobView[]> {
  const ascending = state === 'waiting' || state === 'delayed'
  const jobs = await queue.getJobs(statesOf(state), offset, offset + limit - 1, ascending)
  // A job may be gone between the list and the look at it.
  return jobs.filter(job => job?.id !== undefined).map(job => view(job, state))
}

/** Lets one failed job, or all of them, run again with all their tries. Resolves to how many. */
export async function retryFailed(queue: Queue, jobId?: string): Promise<number> {
  if (jobId === undefined) {
    const { failed = 0 } = await queue.getJobCounts('failed')
    if (failed > 0) await queue.retryJobs({ state: 'failed' })
    return failed
  }
  const job = await queue.getJob(jobId)
  if (!job || (await job.getState()) !== 'failed') return 0
  await job.retry('failed', { resetAttemptsMade: true, resetAttemptsStarted: true })
  return 1
}

/** What BullMQ calls a state: on Postgres, jobs that wait in a paused queue have a state that its types do not know. */
function statesOf(state: JobState): JobType[] {
  return state === 'waiting' ? ['waiting', 'prioritized', 'paused' as JobType] : [state]
}

function view(job: BullJob, state: JobState): JobView {
  const { id = '', data, attemptsMade, timestamp, delay, processedOn, finishedOn, failedReason } = job
  return {
    id,
    state,
    data,
    attempts: attemptsMade,
    createdAt: new Date(timestamp),
    ...(state === 'delayed' ? { runAt: new Date(timestamp + delay) } : {}),
    ...(processedOn ? { startedAt: new Date(processedOn) } : {}),
    ...(finishedOn ? { finishedAt: new Date(finishedOn) } : {}),
    ...(failedReason ? { error: failedReason.slice(0, 200) } : {}),
  }
}
