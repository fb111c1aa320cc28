import { setTimeout as pause } from 'node:timers/promises'
import type { Guard } from './guard.ts'

/** A running server that this process holds. */
export interface Held {
  guard: Guard
  port: number
  /** This process started it. */
  started: boolean
}

const againMs = 5_000

/**
 * Sees to it that a server which is gone without having been let go of, killed for want of memory say, runs again: until then
 * nobody would start it. `hold` attaches to it or starts it.
 */
export function keepHold(first: Held, hold: () => Promise<Held>, log: (line: string) => void) {
  const stop = new AbortController()
  let held = first
  let mending: Promise<void> = Promise.resolve()

  const watch = () =>
    void held.guard.lost.then(() => {
      if (!stop.signal.aborted) mending = mend()
    })

  async function mend(): Promise<void> {
    log('Postgres is gone: it is started again')
    await held.guard.end()
    while (!stop.signal.aborted) {
      try {
        const again = await hold()
        if (again.port !== held.port) log('Postgres has another port now: start Sparekey again')
        held = again
        return watch()
      } catch (error) {
        log(error instanceof Error ? error.message : 'Postgres does not start')
        await pause(againMs, undefined, { signal: stop.signal }).catch(() => {})
      }
    }
  }

  watch()
  return {
    /** Resolves to what is held at the end, to be let go of. */
    async stop(): Promise<Held> {
      stop.abort()
      await mending
      return held
    },
  }
}
