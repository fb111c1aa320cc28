/** What each queue carries. Job data are ids only: whatever a job needs else is read from the database. */
export interface Jobs {
  mail: { requestId: string } | { mailId: string }
  webhook: { deliveryId: string }
  housekeeping: { task: 'enqueue' | 'expire' | 'purge' }
}

export const jobStates = ['waiting', 'active', 'delayed', 'failed', 'completed'] as const
export type JobState = (typeof jobStates)[number]

export type QueueName = keyof Jobs

export const queueNames: readonly QueueName[] = ['mail', 'webhook', 'housekeeping']

/** A job to add. `id` must be text without a colon and not only digits; `runAt` is the earliest moment to run. */
export interface NewJob<Q extends QueueName = QueueName> {
  id: string
  data: Jobs[Q]
  runAt?: Date
  /** The higher, the later: it waits behind all jobs with a lower one. */
  priority?: number
  /** Nobody can have added this id before: saves a look at what it is now. */
  fresh?: boolean
}

/** @throws TypeError when the queues could not take `id` as a job's id. */
export function assertJobId(id: string): void {
  if (id === '' || id.includes(':') || /^\d+$/.test(id)) {
    throw new TypeError('a job id must be text without a colon and not only digits')
  }
}
