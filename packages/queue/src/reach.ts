import { serverCode } from './errors.ts'

/** The part of a logger that the queues use. `fields` hold ids, codes and counts only. */
export interface Log {
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
}

export interface Reach {
  /** The server answered. Logged once when it had been away. */
  up(): void
  /** The server is away. Logged once until it is back. */
  down(error: unknown): void
  /** Any other error. The same code is logged at most once a minute. */
  odd(error: unknown): void
  /** Something an operator should change. */
  advise(fields: object, message: string): void
}

const outage =
  /^(ECONN\w+|EPIPE|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENOENT|MaxRetriesPerRequestError|ClusterAllFailedError|ConnectionClosedError|08\w{3}|57P\d\d|53300|LOADING|CLUSTERDOWN|MASTERDOWN|READONLY|TRYAGAIN|UNBLOCKED)$/

const outageWords =
  /^(Connection (is closed|terminated)|Command timed out|Socket timeout|Query read timeout|Stream isn't writeable|timeout exceeded when trying to connect|All sentinels are unreachable|Too many Cluster redirections|None of startup nodes is available|Cluster isn't ready|Cluster is ended)/

/** Whether the server is away, starting or leaving, as opposed to having refused what was asked. */
export function isOutage(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  if (outage.test(serverCode(error))) return true
  return outageWords.test(error.message)
}

const lateNewsMs = 2_000

/** Watches one server for the log: a line per change, not per retry. */
export function watchReach(log: Log, part: string): Reach {
  let away = false
  let told = false
  let backAt = Number.NEGATIVE_INFINITY
  const said = new Map<string, number>()
  function down(error: unknown) {
    away = true
    // Connections notice an outage one by one: what comes right after the return is late news of the same one. If
    // the server is away indeed, the next retry says so.
    if (told || performance.now() - backAt < lateNewsMs) return
    told = true
    log.warn({ queue: part, code: serverCode(error) }, 'queue server out of reach, trying again')
  }
  return {
    up() {
      if (!away) return
      away = false
      backAt = performance.now()
      if (!told) return
      told = false
      log.info({ queue: part }, 'queue server back')
    },
    down,
    odd(error) {
      if (isOutage(error)) return down(error)
      const code = serverCode(error)
      if (Date.now() - (said.get(code) ?? Number.NEGATIVE_INFINITY) < 60_000) return
      said.set(code, Date.now())
      log.error({ queue: part, code }, 'queue error')
    },
    advise(fields, message) {
      log.warn(fields, message)
    },
  }
}
