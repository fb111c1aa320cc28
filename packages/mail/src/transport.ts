import { Pool } from 'tarn'
import { type Limits, type Line, openLine, type Transferred } from './line.ts'
import type { Composed } from './message.ts'
import type { Ending } from './outcome.ts'
import type { Server } from './server.ts'

/** Mails per connection: some servers hang up after a hundred. */
const mailsPerConnection = 100
/** Shorter than what any server we know waits for the next mail. */
const idleMs = 15_000
/** A server at which a mail's turn comes within so long is ready for it. */
const readyMs = 2_000

/** A place for one connection. The pool hands out places at once; connecting is part of a send's own time. */
interface Slot {
  line: Line | undefined
  mails: number
}

export interface Transport {
  label: string
  perSecond?: number
  /** Hands one mail over. Ends by itself at its limits; other sends are not disturbed. Never rejects. */
  send(mail: Composed, limits: Limits): Promise<Ending>
  /** Whether a connection is open that the last mail was taken over, at a pace that lets a further one go out within two seconds. */
  isReady(): boolean
  connections(): { used: number; free: number }
  /** Lets running sends end, says goodbye on each connection and leaves nothing open. */
  close(): Promise<void>
}

/** A pool of SMTP connections to one server. Certificates are always checked. Opens nothing by itself. */
export function createTransport(server: Server, ca?: string): Transport {
  const pool = new Pool<Slot>({
    create: async () => ({ line: undefined, mails: 0 }),
    destroy: async slot => await slot.line?.quit(),
    min: 0,
    max: server.connections,
    // The send's own deadline aborts the wait.
    acquireTimeoutMillis: 2 ** 31 - 1,
    idleTimeoutMillis: idleMs,
    reapIntervalMillis: 1_000,
  })

  /** Over which line the last mail was taken, and how long that took. */
  let last: { line: Line; ms: number } | undefined

  /** One mail over the slot's connection, which is opened first where there is none. */
  async function transfer(slot: Slot, mail: Composed, limits: Limits): Promise<Transferred> {
    if (!slot.line?.isOpen()) {
      slot.line = undefined
      const opened = await openLine(server, { until: limits.until, ca })
      if ('phase' in opened) return { ending: opened, answered: true }
      slot.line = opened
      slot.mails = 0
    }
    const start = performance.now()
    const transferred = await slot.line.transfer(mail, limits)
    last = transferred.ending.code === 250 ? { line: slot.line, ms: performance.now() - start } : undefined
    if (++slot.mails >= mailsPerConnection) {
      void slot.line.quit()
      slot.line = undefined
    }
    return transferred
  }

  async function send(mail: Composed, limits: Limits): Promise<Ending> {
    const { until } = limits
    const waiting = pool.acquire()
    const timer = setTimeout(() => waiting.abort(), Math.max(until - performance.now(), 0))
    let slot: Slot
    try {
      slot = await waiting.promise
    } catch {
      return { phase: 'connect', response: 'no free connection before the deadline' }
    } finally {
      clearTimeout(timer)
    }
    try {
      for (;;) {
        const reused = slot.line?.isOpen() === true
        const { ending, answered } = await transfer(slot, mail, limits)
        // The server had hung up while the connection lay idle: that says nothing about this mail.
        const stale = reused && ending.phase !== 'data' && (!answered || ending.code === 421)
        if (!stale || performance.now() >= until) return ending
      }
    } finally {
      pool.release(slot)
    }
  }

  return {
    label: server.label,
    ...(server.perSecond === undefined ? {} : { perSecond: server.perSecond }),
    send,
    isReady() {
      if (server.perSecond !== undefined || !last?.line.isOpen()) return false
      return last.ms * (1 + pool.numPendingAcquires() / server.connections) < readyMs
    },
    connections: () => ({ used: pool.numUsed(), free: pool.numFree() }),
    close: async () => {
      await pool.destroy()
    },
  }
}
