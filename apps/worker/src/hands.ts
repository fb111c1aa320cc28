/** How many mails a worker may have in hand, and how many it has. */
export interface Hands {
  concurrency: number
  busy(): number
  /** Whether most are in use, and so many that some of them may wait for others. */
  isFull(): boolean
  /** Runs a work, counted as in hand until it ends. */
  hold<T>(work: () => Promise<T>): Promise<T>
}

/** With fewer in hand, ten that wait for one another would be a large part of them. */
const manyHands = 50

export function createHands(concurrency: number): Hands {
  let busy = 0
  return {
    concurrency,
    busy: () => busy,
    isFull: () => busy * 2 > concurrency && busy > manyHands,
    async hold(work) {
      busy++
      try {
        return await work()
      } finally {
        busy--
      }
    },
  }
}
