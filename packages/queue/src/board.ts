import type { BaseAdapter } from '@bull-board/api/baseAdapter'
import type { Queue } from 'bullmq'

/**
 * The queues as the raw board shows them, to look at only: who changes something does it by `/v1`, which writes it down.
 * Errors, job data and ids are all it sees: no job holds more.
 */
export async function boardAdapters(queues: Iterable<Queue>): Promise<BaseAdapter[]> {
  // Only where somebody looks at it: it brings a second BullMQ and its Redis client along.
  const { BullMQAdapter } = await import('@bull-board/api/bullMQAdapter')
  return [...queues].map(queue => new BullMQAdapter(queue, { readOnlyMode: true }))
}
