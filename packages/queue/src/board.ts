import type { BaseAdapter } from '@bull-board/api/baseAdapter'
import { BullMQAdapter } from '@bull-board/api/bullMQAdapter'
import type { Queue } from 'bullmq'

/** The queues as the raw board shows them. Errors, job data and ids are all it sees: no job holds more. */
export function boardAdapters(queues: Iterable<Queue>): BaseAdapter[] {
  return [...queues].map(queue => new BullMQAdapter(queue))
}
