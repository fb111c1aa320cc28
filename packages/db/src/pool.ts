import type { Sql } from 'postgres'

/** How much of a pool is in use. */
export interface PoolUse {
  used: number
  free: number
  /** Statements and transactions beyond that: they share a connection, or wait for one. */
  waiting: number
}

/**
 * Watches how much of a pool of `max` connections is in use, from now on. postgres.js tells nothing of its connections, so
 * what needs one is counted: a statement, and a transaction to its end. It shares none while it may open another one.
 */
export function watchPool(client: Sql, max: number): () => PoolUse {
  let inHand = 0
  const ended = () => {
    inHand--
  }
  function held<Work extends Promise<unknown>>(work: Work): Work {
    inHand++
    // The promise's own `then`: that of a statement would start it.
    Promise.prototype.then.call(work, ended, ended)
    return work
  }
  const { unsafe, begin } = client
  Object.assign(client, {
    unsafe: (...call: Parameters<typeof unsafe>) => held(unsafe(...call)),
    begin: (...call: Parameters<typeof begin>) => held(begin(...call)),
  })
  return () => {
    const used = Math.min(inHand, max)
    return { used, free: max - used, waiting: inHand - used }
  }
}
