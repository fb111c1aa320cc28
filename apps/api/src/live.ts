import { setMaxListeners } from 'node:events'
import type { Queues } from '@sparekey/queue/queues'
import type { Context as CoreContext } from '@sparekey/reset/context'
import { readStats } from '@sparekey/reset/stats'
import { listWorkers } from '@sparekey/reset/workers'
import { viewQueues } from './queue-views.ts'

const everyMs = 2_000

/**
 * The figures that operators watch, read once for all of them and only while somebody watches. Whoever joins is told the
 * last reading, while others watch, or the next one at once. `close` ends every watch.
 */
export function createLive({
  core,
  queues,
}: {
  core: Pick<CoreContext, 'db'>
  queues: Pick<Queues, 'view'>
}) {
  const watchers = new Set<(text: string) => void>()
  const over = new AbortController()
  // One listener for each who watches.
  setMaxListeners(0, over.signal)
  let running = false
  let last: string | undefined

  async function read(): Promise<string> {
    const [stats, workers, seen] = await Promise.all([
      readStats(core, { window: '5m' }),
      listWorkers(core),
      viewQueues(core, queues).catch(() => null),
    ])
    return JSON.stringify({ at: new Date(), queues: seen, workers, stats })
  }

  async function run(): Promise<void> {
    running = true
    while (watchers.size > 0 && !over.signal.aborted) {
      // With the database away there is nothing new; the watchers see by the silence that it is so.
      const text = await read().catch(() => undefined)
      last = text
      if (text !== undefined) for (const tell of watchers) tell(text)
      await new Promise<void>(resolve => {
        const end = () => {
          clearTimeout(timer)
          over.signal.removeEventListener('abort', end)
          resolve()
        }
        const timer = setTimeout(end, everyMs)
        over.signal.addEventListener('abort', end)
      })
    }
    running = false
    last = undefined
  }

  return {
    closed: over.signal,
    /** Tells each reading, as JSON, until the returned function is called. */
    watch(tell: (text: string) => void): () => void {
      watchers.add(tell)
      if (!running) void run()
      else if (last !== undefined) tell(last)
      return () => watchers.delete(tell)
    },
    close(): void {
      over.abort()
    },
  }
}

export type Live = ReturnType<typeof createLive>
