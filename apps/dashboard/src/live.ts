/** The figures as they come over `GET /v1/stream`, and what is left of the last five minutes of them. */

import { lookUpSession } from './api/session-calls.ts'
import type { Figures } from './api/types.ts'
import { forgetAttempts, noteAttempts } from './attempts.ts'
import { createStore, useStore } from './store.ts'

export interface Live {
  line: 'opening' | 'open' | 'lost'
  /** The last ones that came, however old. */
  figures: Figures | null
  /** When the next try is due, while the line is lost. */
  retryAt: number | null
}

export interface Moment {
  at: number
  waiting: number
  oldest: number | null
  p50: number | null
  p95: number | null
  p99: number | null
}

/** How far back the history goes. */
export const historySeconds = 300
/** Five times as long as it takes for the next ones to come. */
const silentMs = 10_000
const firstWaitMs = 1_000
const longestWaitMs = 30_000

const live = createStore<Live>({ line: 'opening', figures: null, retryAt: null })
const history = createStore<Moment[]>([])

export const useLive = () => useStore(live)
export const useHistory = () => useStore(history)

/** Keeps the line open until the returned function is called. */
export function openLine(): () => void {
  let source: EventSource | undefined
  let timer: number | undefined
  let failures = 0
  let left = false

  function connect() {
    window.clearTimeout(timer)
    source?.close()
    if (left) return
    source = new EventSource('/v1/stream')
    source.addEventListener('figures', event => {
      take(JSON.parse(event.data))
      failures = 0
      watch()
    })
    source.addEventListener('error', lose)
    watch()
  }

  // A line that was cut without a word looks open for ever.
  function watch() {
    window.clearTimeout(timer)
    timer = window.setTimeout(lose, silentMs)
  }

  function lose() {
    source?.close()
    window.clearTimeout(timer)
    // Many dashboards must not come back in the same moment.
    const wait = Math.min(firstWaitMs * 2 ** failures, longestWaitMs) * (0.75 + Math.random() / 2)
    failures += 1
    timer = window.setTimeout(connect, wait)
    live.set({ ...live.get(), line: 'lost', retryAt: Date.now() + wait })
    // The stream does not say why it was refused.
    void lookUpSession()
  }

  function hurry() {
    if (live.get().line === 'lost' && document.visibilityState === 'visible') connect()
  }

  window.addEventListener('online', hurry)
  document.addEventListener('visibilitychange', hurry)
  connect()
  return () => {
    left = true
    source?.close()
    window.clearTimeout(timer)
    window.removeEventListener('online', hurry)
    document.removeEventListener('visibilitychange', hurry)
    live.set({ line: 'opening', figures: null, retryAt: null })
    history.set([])
    forgetAttempts()
  }
}

function take(figures: Figures): void {
  const { waiting, latency } = figures.stats
  const at = Date.parse(figures.at)
  const moment = {
    at,
    waiting: waiting.requests,
    oldest: waiting.oldestSeconds,
    p50: latency.p50,
    p95: latency.p95,
    p99: latency.p99,
  }
  history.set([
    ...history.get().filter(known => known.at > at - historySeconds * 1000 && known.at < at),
    moment,
  ])
  noteAttempts(figures, live.get().figures)
  live.set({ line: 'open', figures, retryAt: null })
}
