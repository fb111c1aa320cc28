import type { Sql } from 'postgres'
import type { Pipeline } from './pipeline.ts'

/** How much of a pool is in use. */
export interface PoolUse {
  used: number
  free: number
  /** Statements and transactions beyond that: they share a connection, or wait for one. */
  waiting: number
}

/**
 * Watches how much of `max` connections is in use, from now on. postgres.js tells nothing of its connections, so what needs
 * one is counted: a statement, and a transaction to its end. It shares none while it may open another one.
 */
export function watchPool(max: number, client: Sql, pipeline?: Pipeline): () => PoolUse {
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
  if (pipeline) {
    const { transaction } = pipeline
    pipeline.transaction = work => {
      const begun = transaction(work)
      held(begun.then(({ committed }) => committed))
      return begun
    }
  }
  return () => {
    const used = Math.min(inHand, max)
    return { used, free: max - used, waiting: inHand - used }
  }
}
