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

/** More first jobs than one call adds are not left behind their answers. */
const mostBehind = 100

/**
 * Adds the first job of a request, whose answer need not wait for it: the row is committed. Requests that come at once
 * share one call to the queue; where the queue is slower than they come, they wait for it, else for nothing. Never throws
 * either.
 */
export function enqueueNew(context: Context, job: MailJob): Promise<void> | undefined {
  // Under one trace for each request every job must be added by its own.
  if (context.traced) return enqueue(context, [{ ...job, fresh: true }])
  const behind = behindOf(context)
  behind.add({ ...job, fresh: true })
  return behind.count > mostBehind ? behind.last : undefined
}

/** Resolves once the first jobs that were left behind until now are added. */
export const enqueuedAll = (context: Context): Promise<void> => behindOf(context).last

const behindOf = oneFor((context: Context) => {
  const add = createBatcher<MailJob, void>(async jobs => {
    await context.reached?.('promised')
    await enqueue(context, jobs)
    await context.reached?.('enqueued')
    return undefined
  })
  const behind = {
    count: 0,
    last: Promise.resolve(),
    add(job: MailJob): void {
      behind.count++
      behind.last = add(job).then(() => {
        behind.count--
      })
    },
  }
  return behind
})
