import type { Result } from './check.ts'

export interface Form {
  /** JSON instead of lines for people. */
  json?: boolean
}

/** The results as they are printed. Pure. */
export function report(results: Result[], { json = false }: Form): string {
  const fails = results.some(({ state }) => state === 'fail')
  if (json) return JSON.stringify({ ok: !fails, checks: results }, null, 2)
  const width = Math.max(...results.map(({ name }) => name.length))
  const lines = results.flatMap(({ name, state, says, mend }) => [
    `${state.padEnd(4)}  ${name.padEnd(width)}  ${oneLine(says)}`,
    ...(mend ? [`${' '.repeat(width + 8)}→ ${oneLine(mend)}`] : []),
  ])
  if (!fails) lines.push('', 'Nothing fails.')
  return lines.join('\n')
}

/** What is said on standard error when checks fail. */
export const verdict = (failed: number): string =>
  failed === 1 ? '1 check fails.' : `${failed} checks fail.`

const oneLine = (text: string) => text.replace(/[\p{Cc}\s]+/gu, ' ')
