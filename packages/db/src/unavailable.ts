const codes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'CONNECT_TIMEOUT',
  'CONNECTION_CLOSED',
  'CONNECTION_ENDED',
  'CONNECTION_DESTROYED',
])
/**
 * SQLSTATE classes: connection, insufficient resources (disk full, too many clients), operator intervention, system error;
 * read-only; a transaction that stood still; a deadlock's loser.
 */
const states = /^(08|53|57P|57014|58|25006|25P03|40001|40P01)/

/** Whether an error says that the database is out of reach or can't take work now: 503, and worth another try. */
export function isUnavailable(error: unknown): boolean {
  for (let at: unknown = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth++) {
    const code = (at as { code?: unknown }).code
    if (typeof code === 'string' && (codes.has(code) || states.test(code))) return true
    if (at instanceof AggregateError && at.errors.some(isUnavailable)) return true
  }
  return false
}

/** Whether the server itself refused a statement, which then changed nothing. */
export const isRefused = (error: unknown): boolean =>
  (error as { severity?: unknown } | undefined)?.severity === 'ERROR'

/** Whether an error says that its connection is gone, or as good as gone. */
export function isLost(error: unknown): boolean {
  const { code, severity } = (error ?? {}) as { code?: unknown; severity?: unknown }
  return severity === 'FATAL' || severity === 'PANIC' || (typeof code === 'string' && codes.has(code))
}
