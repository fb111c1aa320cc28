import type { Context } from './context.ts'

/** Job ids follow from rows, so that enqueuing twice is enqueuing once. A resend is a job of its own. */
export function resetJob(requestId: string, generation: number) {
  return { id: generation === 1 ? requestId : `${requestId}.${generation}`, data: { requestId } }
}

export function noticeJob(mailId: string) {
  return { id: mailId, data: { mailId } }
}

export function webhookJob(deliveryId: string) {
  return { id: deliveryId, data: { deliveryId } }
}

/**
 * Adds mail jobs for rows that are committed already. The rows are the truth: if the queue is away, housekeeping
 * enqueues them later, so this never throws.
 */
export async function enqueue(
  { queues, log }: Context,
  jobs: { id: string; data: { requestId: string } | { mailId: string }; priority?: number }[],
) {
  if (jobs.length === 0) return
  try {
    await queues.add('mail', jobs)
  } catch (error) {
    log.warn({ error, jobs: jobs.length }, 'queue out of reach; housekeeping will enqueue')
  }
}
