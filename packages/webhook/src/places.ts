/** There is no place free for a work that may be slow. */
export class BusyError extends Error {
  override name = 'BusyError'
  /** When to ask again, in milliseconds since 1970: each who is refused is told another moment. */
  readonly until: number

  constructor(until: number) {
    super('no place is free')
    this.until = until
  }
}

export interface Places {
  /**
   * Runs a work in one of the places that there are for whoever may be slow: a few for each name, and a few more for all
   * together. Throws BusyError at once where none is free.
   */
  hold<T>(name: string, work: () => Promise<T>): Promise<T>
}

/** The soonest that somebody who was refused comes again, and how far apart those of one name do, in milliseconds. */
const pause = 1_000
const step = 20

/** Places for `each` name, and for `all` names together. */
export function createPlaces({
  each,
  all = Number.POSITIVE_INFINITY,
}: {
  each: number
  all?: number
}): Places {
  const names = new Map<string, { held: number; until: number }>()
  let held = 0
  return {
    async hold(name, work) {
      const mine = names.get(name) ?? { held: 0, until: 0 }
      if (mine.held >= each || held >= all) {
        // One after the other: thousands that came again all at once would keep everybody busy with refusing them.
        mine.until = Math.max(Date.now() + pause, mine.until + step)
        throw new BusyError(mine.until)
      }
      names.set(name, mine)
      mine.held++
      held++
      try {
        return await work()
      } finally {
        held--
        if (--mine.held === 0) names.delete(name)
      }
    },
  }
}
