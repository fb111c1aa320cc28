import { setTimeout as pause } from 'node:timers/promises'
import type { Order, Outcome, Target } from './load.ts'
import type { Taken } from './sink.ts'
import type { Stage } from './stage.ts'

export type Posting = Omit<Order, 'target' | 'from'>

/** Requests to one server, and the mails that they must end as. */
export interface Traffic {
  /** Posts, each request for another person. Throws where one is not accepted. */
  post(posting: Posting): Promise<Outcome>
  /** Waits for the mails of all that was posted since the last time; throws unless each is there, and there once. */
  settle(): Promise<Taken>
}

/** No mail comes for so long: then none will. Housekeeping looks for lost jobs once a minute. */
const patienceMs = 90_000
/** Nobody may ask twice within it. */
const oneMinuteMs = 65_000

/** `onMissing` may say why mails did not come. */
export function createTraffic(
  stage: Stage,
  target: Target,
  { delayMs = 0, onMissing }: { delayMs?: number; onMissing?: () => Promise<string> } = {},
): Traffic {
  const { people } = stage.settings
  let next = 0
  let begunAt = performance.now()
  let wanted = new Uint8Array(people)
  let accepted = 0
  let fresh = true

  return {
    async post(posting) {
      if (fresh) await stage.sink.ask('reset', { delayMs })
      fresh = false
      const room = people - next
      // Begin with the first person again, once that cannot be doubled any more.
      if (room < (posting.count ?? people / 8)) {
        if (accepted > 0) throw new Error('not enough people for so many requests: raise `people`')
        await pause(Math.max(0, begunAt + oneMinuteMs - performance.now()))
        next = 0
        begunAt = performance.now()
      }
      const count = Math.min(posting.count ?? people, people - next)
      const outcome = await stage.load.ask<Outcome>('run', { ...posting, count, target, from: next })
      if (outcome.refused.length > 0) throw new Error(`a request was refused: ${outcome.refused[0]}`)
      if (outcome.sentAt.length === people - next && posting.count === undefined)
        throw new Error('everybody has asked before the time was over: raise `people`')
      for (let i = 0; i < outcome.accepted.length; i++) wanted[next + i] = outcome.accepted[i] ?? 0
      next += outcome.accepted.length
      accepted += outcome.accepted.length
      return outcome
    },
    async settle() {
      let taken = await stage.sink.ask<Taken>('taken')
      let grownAt = performance.now()
      while (taken.mails < accepted && performance.now() < grownAt + patienceMs) {
        await pause(100)
        const mails = await stage.sink.ask<number>('count')
        if (mails > taken.mails) {
          grownAt = performance.now()
          taken = { ...taken, mails }
        }
      }
      taken = await stage.sink.ask<Taken>('taken')
      const got = new Uint8Array(people)
      for (const person of taken.person) got[person] = (got[person] ?? 0) + 1
      const missing = wanted.reduce((sum, want, i) => sum + (want && !got[i] ? 1 : 0), 0)
      const doubled = got.reduce((sum, mails, i) => sum + (mails > (wanted[i] ?? 0) ? 1 : 0), 0)
      if (missing + doubled > 0) {
        const why = ((await onMissing?.()) ?? '').slice(0, 1_000)
        throw new Error(`of ${accepted} accepted, ${missing} have no mail and ${doubled} too many. ${why}`)
      }
      stage.checked.requests += accepted
      wanted = new Uint8Array(people)
      accepted = 0
      fresh = true
      return taken
    },
  }
}

/** Mails a second between two moments of the shared clock. */
export function rateBetween({ at }: Taken, from: number, to: number): number {
  let mails = 0
  for (const time of at) if (time >= from && time < to) mails++
  return (mails * 1000) / (to - from)
}

/** Mails a second of a queue that was emptied, without its beginning (start, warm-up) and its end. */
export function rateOfMiddle({ at }: Taken, { skip, spare = 0 }: { skip: number; spare?: number }): number {
  const sorted = at.slice().sort()
  const first = Math.floor(sorted.length * skip)
  const last = Math.ceil(sorted.length * (1 - spare)) - 1
  return ((last - first) * 1000) / ((sorted[last] ?? 0) - (sorted[first] ?? 0))
}
