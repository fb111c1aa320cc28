/**
 * What became of the newest attempts at each mail server. The sums of a window would say for minutes that all is well
 * with a server that is down, and that it is not well once it is back; the difference of two readings tells at once.
 */

import type { Figures, Server } from './api/types.ts'
import { createStore, useStore } from './store.ts'

export const outcomeNames = [
  'accepted',
  'refused',
  'later',
  'throttled',
  'lost_before_data',
  'lost_after_data',
] as const satisfies Exclude<keyof Server, 'server'>[]
export type Outcomes = Record<(typeof outcomeNames)[number], number>

/** Some attempts that ended between two readings. */
interface Lot {
  at: number
  outcomes: Outcomes
}

const keepMs = 5 * 60_000
/** Readings further apart count too little in common. */
const gapMs = 60_000
/** So many attempts tell how a server does: a single one that failed says little, and a hundred too late. */
const enough = 10

/** By mail server, the newest lot first. */
const lots = createStore<ReadonlyMap<string, Lot[]>>(new Map())

export const forgetAttempts = (): void => lots.set(new Map())

/** Takes a reading, and the one before it. */
export function noteAttempts(now: Figures, before: Figures | null): void {
  const at = Date.parse(now.at)
  const inStep = before !== null && at - Date.parse(before.at) < gapMs
  const all = new Map<string, Lot[]>()
  for (const server of now.stats.servers) {
    const known = inStep ? (lots.get().get(server.server) ?? []) : []
    const then = inStep ? before.stats.servers.find(each => each.server === server.server) : undefined
    const outcomes = outcomesOf(name => server[name] - (then?.[name] ?? 0))
    // Less than before: a minute has left the sums, and what is new in them can't be told.
    const told = outcomeNames.every(name => outcomes[name] >= 0) && totalOf(outcomes) > 0
    const fresh = told ? [{ at, outcomes }] : []
    all.set(server.server, [...fresh, ...known.filter(lot => lot.at > at - keepMs)])
  }
  lots.set(all)
}

/** What became of the last few attempts at a mail server, of those of the last five minutes. */
export function useNewestOutcomes(): (server: string) => Outcomes {
  const all = useStore(lots)
  return server => newestOf(all.get(server) ?? [])
}

function newestOf(known: readonly Lot[]): Outcomes {
  let sum = outcomesOf(() => 0)
  for (const { outcomes } of known) {
    const missing = enough - totalOf(sum)
    if (missing <= 0) break
    // Of a big lot nobody knows which were the last, so that all of them count for a part.
    const share = Math.min(1, missing / totalOf(outcomes))
    const before = sum
    sum = outcomesOf(name => before[name] + outcomes[name] * share)
  }
  return sum
}

export const totalOf = (outcomes: Outcomes): number =>
  outcomeNames.reduce((sum, name) => sum + outcomes[name], 0)

function outcomesOf(count: (name: keyof Outcomes) => number): Outcomes {
  return Object.fromEntries(outcomeNames.map(name => [name, count(name)])) as Outcomes
}
