import { type JobJson, type JobsOptions, Queue, type QueueOptions } from 'bullmq'
import { type Backend, openLink } from './backend.ts'
import { boardAdapters } from './board.ts'
import { type JobView, listJobs, type QueueView, retryFailed, runAgain, viewQueue } from './control.ts'
import { QueueUnavailableError, serverCode } from './errors.ts'
import { assertJobId, type JobState, type Jobs, type NewJob, type QueueName, queueNames } from './jobs.ts'
import { type Log, watchReach } from './reach.ts'
import { jobOptions } from './retry.ts'

/** The producers' side. Every call rejects with QueueUnavailableError within about a second when the server is away. */
export interface Queues {
  /**
   * Adds jobs. A job whose id is waiting, delayed or active already is left as it is; but one that is added without
   * `runAt` does not sleep on. One that had failed for good runs again at once, with all its tries, whatever `runAt` says.
   * @throws TypeError for an id that cannot be one.
   */
  add<Q extends QueueName>(queue: Q, jobs: readonly NewJob<Q>[]): Promise<void>
  /**
   * Sees to it that a job with these data comes up every `everyMs` milliseconds. Call it again and again: it costs
   * one look when all is well, and restores what a flushed Redis forgot or what stands still.
   */
  ensureSchedule<Q extends QueueName>(queue: Q, id: string, everyMs: number, data: Jobs[Q]): Promise<void>
  /** How many jobs are in each state, and whether the queue is paused. */
  view(queue: QueueName): Promise<QueueView>
  /** Jobs in one state: those that wait in the order in which they will run, the others newest first. */
  jobs(queue: QueueName, state: JobState, page: { offset: number; limit: number }): Promise<JobView[]>
  /** Lets a failed job, or all of them, run again with all their tries. Resolves to how many. */
  retry(queue: QueueName, jobId?: string): Promise<number>
  /** Keeps workers from taking further jobs; those in hand are finished. Nothing is lost meanwhile. */
  pause(queue: QueueName): Promise<void>
  resume(queue: QueueName): Promise<void>
  /** The queues for the raw board, which speaks to BullMQ by itself. */
  board(): ReturnType<typeof boardAdapters>
  /** Resolves when the server answers. */
  ping(): Promise<void>
  /** Lets go of the server; never takes longer than two seconds. */
  close(): Promise<void>
}

const deadlineMs = 1_000
const chunkSize = 100

export interface QueuesOptions {
  backend: Backend
  log: Log
  /** BullMQ's own, for traces. */
  telemetry?: unknown
}

/** Opens the producers' side. Connects at the first call, and again by itself after an outage. */
export function openQueues({ backend, log, telemetry }: QueuesOptions): Queues {
  const reach = watchReach(log, 'queues')
  const link = openLink(backend, reach)
  let opened: Promise<Map<QueueName, Queue>> | undefined
  let closed = false

  // BullMQ remembers a failed first connection for ever, so its queues are made only once the server answers.
  async function connect(): Promise<Map<QueueName, Queue>> {
    await link.reach()
    const queues = new Map(queueNames.map(name => [name, makeQueue(name)]))
    try {
      await Promise.all([...queues.values()].map(queue => queue.waitUntilReady()))
    } catch (error) {
      await Promise.allSettled([...queues.values()].map(queue => queue.close()))
      throw error
    }
    return queues
  }

  function makeQueue(name: QueueName): Queue {
    const queue = new Queue(
      name,
      {
        connection: link.connection,
        prefix: link.prefix,
        skipWaitingForReady: true,
        defaultJobOptions: jobOptions,
        ...(telemetry ? { telemetry: telemetry as QueueOptions['telemetry'] } : {}),
      },
      link.factory,
    )
    queue.on('error', error => reach.odd(error))
    return queue
  }

  async function open(name: QueueName): Promise<Queue> {
    opened ??= connect().catch(error => {
      opened = undefined
      throw error
    })
    const queue = (await opened).get(name)
    if (!queue) throw new TypeError('no such queue')
    return queue
  }

  async function attempt<T>(work: () => Promise<T>, ms = deadlineMs): Promise<T> {
    if (closed) throw new QueueUnavailableError('closed')
    try {
      return await within(ms, work())
    } catch (error) {
      if (error instanceof TypeError || error instanceof QueueUnavailableError) throw error
      throw new QueueUnavailableError(serverCode(error), error)
    }
  }

  return {
    async add(name, jobs) {
      for (const job of jobs) assertJobId(job.id)
      for (let start = 0; start < jobs.length; start += chunkSize) {
        await attempt(async () => addChunk(await open(name), name, jobs.slice(start, start + chunkSize)))
      }
    },
    ensureSchedule: (name, id, everyMs, data) =>
      attempt(async () => {
        assertJobId(id)
        const queue = await open(name)
        const known = await queue.getJobScheduler(id)
        const ahead = (known?.next ?? 0) - Date.now()
        const tooFar = ahead >= Math.max(2 * everyMs, 60_000)
        const same = known?.every === everyMs && JSON.stringify(known.template?.data) === JSON.stringify(data)
        // A late one stands still: on Postgres a deadlock of two writers of one schedule can end its chain of jobs.
        if (same && ahead > -2 * everyMs && !tooFar) return
        // Planned by a machine whose clock is ahead; BullMQ would go on from there.
        if (tooFar) await queue.removeJobScheduler(id)
        // A failed round is made up for by the next one.
        await queue.upsertJobScheduler(
          id,
          { every: everyMs },
          { name, data, opts: { ...jobOptions, attempts: 1 } },
        )
      }),
    view: name => attempt(async () => await viewQueue(await open(name))),
    jobs: (name, state, page) => attempt(async () => await listJobs(await open(name), state, page)),
    retry: (name, jobId) => attempt(async () => await retryFailed(await open(name), jobId), 30_000),
    pause: name => attempt(async () => await (await open(name)).pause()),
    resume: name => attempt(async () => await (await open(name)).resume()),
    board: () => attempt(async () => boardAdapters(await Promise.all(queueNames.map(name => open(name))))),
    ping: () => attempt(() => link.reach()),
    async close() {
      closed = true
      const queues = await opened?.catch(() => undefined)
      await Promise.race([
        Promise.allSettled([...(queues?.values() ?? [])].map(queue => queue.close())),
        new Promise(resolve => setTimeout(resolve, deadlineMs).unref()),
      ])
      await link.close()
    },
  }
}

async function addChunk(queue: Queue, name: QueueName, jobs: readonly NewJob[]): Promise<void> {
  const timestamp = Date.now()
  // BullMQ's Job objects carry traces, and take an API 5 % of its time.
  if (queue.opts.telemetry)
    await queue.addBulk(jobs.map(job => ({ name, data: job.data, opts: optionsOf(job, timestamp) })))
  else await queue.getBackend().addJobs(jobs.map(job => asEntry(name, job, timestamp)))
  // BullMQ takes an id that it knows in any state for added.
  const known = jobs.filter(job => !job.fresh)
  if (known.length === 0) return
  const states = await Promise.all(known.map(job => queue.getJobState(job.id)))
  const failed = known.filter((_, index) => states[index] === 'failed')
  // Whoever put it to sleep may have had another clock: the rows know what is due.
  const asleep = known.filter(({ runAt }, index) => !runAt && states[index] === 'delayed')
  await Promise.all([
    ...failed.map(async job => await runAgain(queue, await queue.getJob(job.id))),
    ...asleep.map(job => wake(queue, job.id)),
  ])
}

/** Named one by one: to spread them takes longer. */
function optionsOf({ id, runAt, priority }: NewJob, timestamp: number): JobsOptions & { jobId: string } {
  const { attempts, backoff } = jobOptions
  const delay = runAt ? Math.max(0, runAt.getTime() - timestamp) : 0
  const options: JobsOptions & { jobId: string } = { attempts, backoff, jobId: id }
  if (delay > 0) options.delay = delay
  if (priority) options.priority = priority
  return options
}

/** A new job as BullMQ writes it down. */
function asEntry(name: string, job: NewJob, timestamp: number) {
  const { id, data } = job
  const written = { id, name, data: JSON.stringify(data), opts: optionsOf(job, timestamp), timestamp }
  return { jobId: id, job: written as JobJson }
}

async function wake(queue: Queue, id: string): Promise<void> {
  const job = await queue.getJob(id)
  try {
    await job?.promote()
  } catch (error) {
    // It woke by itself, or is done by now.
    if ((await queue.getJobState(id)) === 'delayed') throw error
  }
}

function within<T>(ms: number, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    // Where this process was busy for so long, the answer may lie there already, to be read after its timers.
    const timer = setTimeout(() => setImmediate(reject, new QueueUnavailableError('ETIMEDOUT')), ms)
    work.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}
