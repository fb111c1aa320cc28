import type { BaseAdapter } from '@bull-board/api/baseAdapter'
import { BullMQAdapter } from '@bull-board/api/bullMQAdapter'
import type { Queue } from 'bullmq'

/**
 * The queues as the raw board shows them, to look at only: who changes something does it by `/v1`, which writes it down.
 * Errors, job data and ids are all it sees: no job holds more.
 */
export function boardAdapters(queues: Iterable<Queue>): BaseAdapter[] {
  return [...queues].map(queue => new BullMQAdapter(queue, { readOnlyMode: true }))
}
