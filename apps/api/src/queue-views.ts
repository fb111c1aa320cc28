import { type QueueName, queueNames } from '@sparekey/queue/jobs'
import type { Queues } from '@sparekey/queue/queues'
import type { Context as CoreContext } from '@sparekey/reset/context'
import { readQueueAges } from '@sparekey/reset/queue-ages'

/** These queues as operators see them: what BullMQ counts, and by the rows how long the oldest has waited. */
export async function viewQueues(
  core: Pick<CoreContext, 'db'>,
  queues: Pick<Queues, 'view'>,
  names: readonly QueueName[] = queueNames,
) {
  const [ages, views] = await Promise.all([
    readQueueAges(core),
    Promise.all(names.map(async name => ({ name, ...(await queues.view(name)) }))),
  ])
  return views.map(view => ({
    ...view,
    oldestWaitingSeconds: view.name === 'housekeeping' ? null : ages[view.name],
  }))
}
