import { describeError, type Log } from '@sparekey/log/log'
import type { Backend } from '@sparekey/queue/backend'
import type { Queues } from '@sparekey/queue/queues'
import { startWorker } from '@sparekey/queue/worker'
import type { Delivery } from '@sparekey/reset/compose'
import type { Context } from '@sparekey/reset/context'
import { deliverMail, deliverReset } from '@sparekey/reset/deliver'
import { enqueueLost } from '@sparekey/reset/housekeeping/enqueue-lost'
import { expire } from '@sparekey/reset/housekeeping/expire'
import { purge } from '@sparekey/reset/housekeeping/purge'
import { suspectSpikes } from '@sparekey/reset/spikes'
import { deliverWebhook, type Post } from '@sparekey/reset/webhooks/deliver'
import { createPlaces } from '@sparekey/webhook/places'
import type { Hands } from './hands.ts'

/**
 * A receiver that is slow must not keep mails waiting, so webhooks have places of their own; and few of them for each
 * endpoint and application, so that it does not keep other applications' webhooks waiting either.
 */
const webhooks = { all: 30, application: 6, endpoint: 3 } as const

/** How often each housekeeping task runs, in milliseconds. */
const rounds = { enqueue: 15_000, expire: 30_000, purge: 3_600_000 } as const
/** How often each worker writes these schedules anew and looks for floods. */
const lookEveryMs = 15_000

export interface WorkerOptions {
  context: Context
  delivery: Delivery
  post: Post
  backend: Backend
  telemetry?: unknown
  queues: Pick<Queues, 'ensureSchedule'>
  hands: Hands
  retentionDays: number
  log: Log
}

/** Starts the mail and housekeeping workers. `close` lets running jobs end within the grace, in milliseconds. */
export function createWorker({
  context,
  delivery,
  post,
  backend,
  telemetry,
  queues,
  hands,
  retentionDays,
  log,
}: WorkerOptions) {
  const mail = startWorker({
    backend,
    telemetry,
    queue: 'mail',
    concurrency: hands.concurrency,
    log,
    handle: data =>
      hands.hold(() =>
        'requestId' in data
          ? deliverReset(context, delivery, data.requestId)
          : deliverMail(context, delivery, data.mailId),
      ),
  })
  const line = {
    post,
    endpoints: createPlaces({ each: webhooks.endpoint }),
    applications: createPlaces({ each: webhooks.application }),
  }
  const webhook = startWorker({
    backend,
    telemetry,
    queue: 'webhook',
    concurrency: webhooks.all,
    log,
    handle: data => deliverWebhook(context, line, data.deliveryId),
  })
  const tasks = {
    enqueue: () => enqueueLost(context),
    expire: () => expire(context),
    purge: () => purge(context, retentionDays),
  }
  const housekeeping = startWorker({
    backend,
    queue: 'housekeeping',
    concurrency: 1,
    log,
    handle: async ({ task }) => {
      const count = await tasks[task]()
      if (count > 0) log.info({ task, count }, 'housekeeping')
    },
  })

  // Said again and again, since an emptied Redis forgets its schedules. Rows need housekeeping most just then.
  const schedule = async () => {
    try {
      for (const task of Object.keys(rounds) as (keyof typeof rounds)[]) {
        await queues.ensureSchedule('housekeeping', task, rounds[task], { task })
      }
    } catch (error) {
      log.debug({ error: describeError(error) }, 'schedule not written; will try again')
    }
  }
  // By every worker and without a job: a flood is to be seen also while the queue is away.
  let watching: Promise<unknown> | undefined
  const watch = () => {
    watching ??= suspectSpikes(context)
      .catch(error => log.debug({ error: describeError(error) }, 'floods not looked for; will try again'))
      .finally(() => {
        watching = undefined
      })
  }
  const look = () => {
    void schedule()
    watch()
  }
  look()
  const timer = setInterval(look, lookEveryMs)

  return {
    async close(graceMs?: number) {
      clearInterval(timer)
      await Promise.all([mail.close(graceMs), webhook.close(graceMs), housekeeping.close(graceMs), watching])
    },
  }
}
