import { setTimeout as sleep } from 'node:timers/promises'
import {
  type WorkerOptions as BullWorkerOptions,
  DelayedError,
  type Job,
  UnrecoverableError,
  Worker,
} from 'bullmq'
import { type Backend, openLink } from './backend.ts'
import { errorCode, GiveUpError, serverCode } from './errors.ts'
import type { Jobs, QueueName } from './jobs.ts'
import { isOutage, type Log, watchReach } from './reach.ts'
import { attempts, retention, retryDelay } from './retry.ts'

/** What a handler learns about its job. */
export interface JobContext {
  id: string
  /** Which try this is, counted from 1. */
  attempt: number
}

/**
 * Does a job. `{retryAt}` puts it to sleep until then without using up a try; a throw is tried again by the retry
 * policy, a GiveUpError not at all. May be called twice for one job, and at the same time, so it must stand being repeated.
 */
export type Handle<Q extends QueueName> = (
  data: Jobs[Q],
  job: JobContext,
) => Promise<void> | Promise<{ retryAt: Date } | undefined>

export interface WorkerOptions<Q extends QueueName> {
  backend: Backend
  queue: Q
  concurrency: number
  handle: Handle<Q>
  log: Log
  /** Seconds an idle worker waits before it looks by itself; a new job wakes it anyway. */
  drainDelay?: number
  timing?: WorkerTiming
  /** BullMQ's own, for traces. */
  telemetry?: unknown
}

/** Milliseconds. A killed worker's jobs are taken over after `lock` plus one or two `stalledCheck`. */
export interface WorkerTiming {
  lock?: number
  stalledCheck?: number
  retryDelay?: (attempt: number) => number
}

export interface QueueWorker {
  /** Resolves when the worker has taken up work; rejects when it was closed before. */
  ready: Promise<void>
  /**
   * Takes no more jobs, waits up to `graceMs` for the running ones, then lets go: their jobs go to another worker once
   * their locks have run out. Resolves also while the server is away.
   */
  close(graceMs?: number): Promise<void>
}

/** Starts a worker. It waits for a server that is away, at the start and later, and never ends the process. */
export function startWorker<Q extends QueueName>(options: WorkerOptions<Q>): QueueWorker {
  const { backend, queue, log, timing = {} } = options
  if (!(options.concurrency >= 1)) throw new TypeError('concurrency must be at least 1')
  const reach = watchReach(log, `${queue} worker`)
  const link = openLink(backend, reach, queue)
  const stop = new AbortController()
  const running = new Set<Promise<unknown>>()
  let worker: Worker | undefined
  let closing: Promise<void> | undefined

  async function work(job: Job, token: string | undefined): Promise<void> {
    const context = { id: job.id ?? '', attempt: job.attemptsMade + 1 }
    let result: { retryAt: Date } | undefined
    try {
      result = (await options.handle(job.data, context)) ?? undefined
    } catch (error) {
      throw stripped(error)
    }
    if (!result) return
    await postpone(job, result.retryAt, token)
    throw new DelayedError()
  }

  async function postpone(job: Job, until: Date, token: string | undefined): Promise<void> {
    for (;;) {
      try {
        return await job.moveToDelayed(Math.max(until.getTime(), Date.now() + 1), token)
      } catch (error) {
        if (stop.signal.aborted || !isOutage(error)) throw stripped(error)
        await sleep(1_000)
      }
    }
  }

  function makeWorker(): Worker {
    const made = new Worker(
      queue,
      // A third parameter would cost an AbortController a job.
      (job, token) => {
        const done = work(job, token)
        running.add(done)
        const forget = () => running.delete(done)
        done.then(forget, forget)
        return done
      },
      {
        connection: link.connection,
        prefix: link.prefix,
        concurrency: options.concurrency,
        drainDelay: options.drainDelay ?? 5,
        lockDuration: timing.lock ?? 15_000,
        stalledInterval: timing.stalledCheck ?? 10_000,
        // A killed worker says nothing about the job: the row counts its tries.
        maxStalledCount: 1_000_000,
        runRetryDelay: 1_000,
        ...retention,
        ...(options.telemetry ? { telemetry: options.telemetry as BullWorkerOptions['telemetry'] } : {}),
        settings: { backoffStrategy: attempt => (timing.retryDelay ?? retryDelay)(attempt) },
      },
      link.factory,
    )
    made.on('error', error => {
      reach.odd(error)
      if (isOutage(error)) void awaitReturn()
    })
    made.on('failed', (job, error) => {
      const final =
        error.name === 'UnrecoverableError' || (job?.attemptsMade ?? 0) >= (job?.opts.attempts ?? attempts)
      const fields = { queue, jobId: job?.id, attempt: job?.attemptsMade, code: wordOf(error) }
      if (final) log.error(fields, 'job failed for good')
      else log.warn(fields, 'job failed, will be tried again')
    })
    made.on('stalled', jobId => log.warn({ queue, jobId }, 'job of a lost worker taken over'))
    return made
  }

  // BullMQ remembers a failed first connection for ever, so its worker is made only once the server answers.
  async function start(): Promise<void> {
    for (let wait = 250; !stop.signal.aborted; wait = Math.min(wait * 2, 2_000)) {
      try {
        await link.reach()
        if (stop.signal.aborted) break
        const made = makeWorker()
        // It may take a job before it says that it is ready: a close in between must find it.
        worker = made
        try {
          await made.waitUntilReady()
          return
        } catch (error) {
          worker = undefined
          await made.close(true)
          throw error
        }
      } catch (error) {
        reach.odd(error)
      }
      await sleep(wait, undefined, { signal: stop.signal }).catch(() => {})
    }
    throw new Error('the worker was closed before it was ready')
  }

  // A cluster that loses one master stays connected: only a look tells when the queues are back.
  let awaited = false
  async function awaitReturn(): Promise<void> {
    if (awaited) return
    awaited = true
    while (!stop.signal.aborted && !(await reached())) {
      await sleep(1_000, undefined, { signal: stop.signal }).catch(() => {})
    }
    awaited = false
  }

  const reached = () =>
    link.reach().then(
      () => true,
      () => false,
    )

  async function shut(graceMs: number): Promise<void> {
    stop.abort()
    // A worker that is up must hear of it at once, or it takes one more job.
    if (!worker) await Promise.race([ready.catch(() => {}), sleep(2_000, undefined, { ref: false })])
    if (worker) await finish(worker, graceMs)
    await link.close()
  }

  async function finish(made: Worker, graceMs: number): Promise<void> {
    const over = new AbortController()
    const wait = (ms: number) => sleep(ms, undefined, { signal: over.signal }).catch(() => {})
    // With the server away BullMQ's close never ends, even when there is nothing left to wait for.
    const idle = async () => {
      while (running.size > 0) await Promise.allSettled(running)
      await wait(2_000)
    }
    const closed = made.close().catch(error => reach.odd(error))
    await Promise.race([closed, idle(), wait(graceMs)])
    over.abort()
    await Promise.race([made.getBackend().close(true), sleep(1_000, undefined, { ref: false })]).catch(
      () => {},
    )
  }

  const ready = start()
  ready.catch(() => {})
  return {
    ready,
    close(graceMs = 30_000) {
      closing ??= shut(graceMs)
      return closing
    },
  }
}

/** A handler's error was stripped to its code; one of BullMQ's or the driver's still has a sentence. */
function wordOf(error: Error): string {
  return /^[\w.-]{1,60}$/.test(error.message) ? error.message : serverCode(error)
}

/**
 * BullMQ stores a thrown error's message with the job, and its stack with those of all tries before, where there is one; both
 * could hold an address or a password.
 */
function stripped(error: unknown): Error {
  const code = error instanceof GiveUpError ? error.code : errorCode(error)
  const bare = error instanceof GiveUpError ? new UnrecoverableError(code) : new Error(code)
  bare.stack = ''
  return bare
}
