import type { NewJob } from '@sparekey/queue/jobs'
import { createBatcher, oneFor } from './batcher.ts'
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

type MailJob = NewJob<'mail'>

/**
 * Adds mail jobs for rows that are committed already. The rows are the truth: if the queue is away, housekeeping
 * enqueues them later, so this never throws.
 */
export async function enqueue({ queues, log }: Context, jobs: MailJob[]) {
  if (jobs.length === 0) return
  try {
    await queues.add('mail', jobs)
  } catch (error) {
    log.warn({ error, jobs: jobs.length }, 'queue out of reach; housekeeping will enqueue')
  }
}

/** More jobs than one call adds are not left behind their answers. */
const mostBehind = 100

/**
 * Lets an answer go before the jobs that are being added, whose rows are committed. What it returns is to be awaited: once
 * many are behind, since the queue is slower than they come, that lasts until these are added. `adding` must not reject.
 */
export function leaveBehind(context: Context, adding: Promise<unknown>): Promise<void> | undefined {
  const left = leftBy(context)
  const done = adding.then(() => void left.delete(done))
  left.add(done)
  return left.size > mostBehind ? done : undefined
}

/** Resolves once the jobs that were left behind until now are added. */
export const enqueuedAll = async (context: Context): Promise<void> =>
  void (await Promise.all(leftBy(context)))

const leftBy = oneFor((_: Context) => new Set<Promise<void>>())

/**
 * Adds the first job of a request, behind its answer as `leaveBehind` does. Requests that come at once share one call to the
 * queue. Never throws either.
 */
export function enqueueNew(context: Context, requestId: string, priority = 0): Promise<void> | undefined {
  const { id, data } = resetJob(requestId, 1)
  const job: MailJob = { id, data, priority, fresh: true }
  // Under one trace for each request every job must be added by its own.
  return leaveBehind(context, context.traced ? enqueue(context, [job]) : together(context)(job))
}

const together = oneFor((context: Context) =>
  createBatcher<MailJob, void>(async jobs => {
    await context.reached?.('promised')
    await enqueue(context, jobs)
    await context.reached?.('enqueued')
    return undefined
  }),
)
