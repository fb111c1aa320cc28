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

interface Page {
  offset: number
  limit: number
}

/** Jobs in one state, in the order in which they will run or the newest first, from `offset`. */
export async function listJobs(queue: Queue, state: JobState, page: Page): Promise<JobView[]> {
  const { offset, limit } = page
  const jobs =
    state === 'waiting'
      ? await listWaiting(queue, page)
      : await queue.getJobs([state], offset, offset + limit - 1, state === 'delayed')
  // A job may be gone between the list and the look at it.
  return jobs.filter(job => job?.id !== undefined).map(job => view(job, state))
}

/** BullMQ takes a slice of each of its states: jobs without a priority run first, so their number tells where to go on. */
async function listWaiting(queue: Queue, { offset, limit }: Page): Promise<BullJob[]> {
  const counts = await queue.getJobCounts(...plainStates)
  const plain = plainStates.reduce((sum, name) => sum + (counts[name] ?? 0), 0)
  const end = Math.max(0, plain - offset)
  const start = Math.max(0, end - limit)
  // The oldest is the last. On Postgres BullMQ would count from the newest even where it is asked for ascending order.
  const first = end > 0 ? (await queue.getJobs(['waiting'], start, end - 1, false)).reverse() : []
  const rest = limit - (end - start)
  const skip = Math.max(0, offset - plain)
  return rest > 0 ? [...first, ...(await queue.getJobs(['prioritized'], skip, skip + rest - 1, true))] : first
}

const batch = 20

/** Lets one failed job, or all of them, run again with all their tries. Resolves to how many. */
export async function retryFailed(queue: Queue, jobId?: string): Promise<number> {
  if (jobId !== undefined) return Number(await runAgain(queue, await queue.getJob(jobId)))
  let retried = 0
  // One by one, since on Redis BullMQ's own way to retry all of them gives none its tries back, and none its priority.
  // The oldest first: what fails again meanwhile comes last, and is not counted here.
  for (let { failed: left = 0 } = await queue.getJobCounts('failed'); left > 0; left -= batch) {
    const jobs = await queue.getJobs(['failed'], 0, Math.min(left, batch) - 1, true)
    const again = await Promise.all(jobs.map(job => runAgain(queue, job)))
    retried += again.filter(done => done).length
  }
  return retried
}

/** Lets a failed job run again at once, with all its tries. Resolves to whether it did: somebody else may be first. */
export async function runAgain(queue: Queue, job: BullJob | undefined): Promise<boolean> {
  if (job?.id === undefined) return false
  try {
    await job.retry('failed', { resetAttemptsMade: true, resetAttemptsStarted: true })
    return true
  } catch (error) {
    // It waits, runs or is done by now.
    if ((await queue.getJobState(job.id)) === 'failed') throw error
    return false
  }
}

/** States of jobs that wait without a priority: on Postgres, a paused queue's have one that BullMQ's types do not know. */
const plainStates = ['waiting', 'paused' as JobType] as const

/** What BullMQ calls a state. */
function statesOf(state: JobState): JobType[] {
  return state === 'waiting' ? [...plainStates, 'prioritized'] : [state]
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
