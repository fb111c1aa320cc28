import { drizzle } from 'drizzle-orm/postgres-js'
import type { Sql } from 'postgres'
import type { Executor } from './db.ts'
import { type Run, runOn } from './statement.ts'
import { isLost } from './unavailable.ts'

export interface PipelinedTransaction {
  tx: Executor
  run: Run
  /**
   * Sends a statement together with COMMIT, and resolves to its rows while that is under way: the last one, and the only one
   * that writes, or another's change could be committed without it.
   */
  runLast: Run
}

/** What a transaction came to, while its COMMIT is under way. */
export interface Committing<T> {
  result: T
  /** Resolves once it is committed; before that nothing may be promised. Rejects where it is not known to be. */
  committed: Promise<void>
}

export interface Pipeline {
  /** Commits once `work` resolves, unless it did; rolls back and rejects where `work` rejects. */
  transaction<T>(work: (transaction: PipelinedTransaction) => Promise<T>): Promise<Committing<T>>
}

/**
 * Transactions in as few as two round trips, where drizzle's take four: BEGIN goes out with the first statements, COMMIT
 * with the last. One at a time, over a pool of one connection that is theirs alone.
 *
 *   idle ──BEGIN──► open ──work resolves: COMMIT──► ending ──answered──► idle
 *                   │ ├────runLast: its statement and COMMIT──► ending
 *                   │ └────work rejects: ROLLBACK──► ending
 *                   └ connection lost ─► lost: what follows rejects, since on the next connection it would run by itself
 */
export function openPipeline(open: (onclose: () => void) => Sql): Pipeline & { client: Sql } {
  let state: 'idle' | 'open' | 'ending' | 'lost' = 'idle'
  let ended: Promise<void> | undefined
  const lose = () => {
    if (state === 'open') state = 'lost'
  }
  const client = open(lose)
  const { unsafe } = client
  const send = ((...call: Parameters<typeof unsafe>) => {
    if (state !== 'open') throw new ConnectionLost()
    const statement = unsafe(...call)
    // The connection ends only after it told its statements: what is sent between would wait for the next one. The promise's
    // own `then`: that of a statement would start it.
    Promise.prototype.then.call(statement, undefined, error => isLost(error) && lose())
    return statement
  }) as typeof unsafe
  const tx: Executor = drizzle(Object.assign(client, { unsafe: send }))
  const run = runOn(tx)

  /** Sends COMMIT, or what else ends a transaction. Rejects where the server did otherwise. */
  async function end(how: 'COMMIT' | 'ROLLBACK'): Promise<void> {
    const ending = send(how).execute()
    state = 'ending'
    const { command } = await ending
    if (command !== how) throw new Error(`${how} was answered by ${command}: a statement had failed`)
  }

  async function runLast<Row extends object>(...call: Parameters<Run>): Promise<Row[]> {
    const rows = run<Row>(...call)
    ended = end('COMMIT')
    // Whoever asked hears of it by the rows, or by `committed`.
    ended.catch(() => {})
    return await rows
  }

  /** Nobody waits for its answer: where it fails, what was sent behind it fails, too, or reads and changes nothing. */
  function begin(): void {
    state = 'open'
    ended = undefined
    send('BEGIN').execute().catch(lose)
  }

  async function runOne<T>(work: (transaction: PipelinedTransaction) => Promise<T>): Promise<Committing<T>> {
    begin()
    try {
      const result = await work({ tx, run, runLast })
      const committed = ended ?? end('COMMIT')
      committed.catch(() => {})
      return { result, committed }
    } catch (error) {
      if (state === 'open') await end('ROLLBACK').catch(() => {})
      throw error
    }
  }

  let turn: Promise<unknown> = Promise.resolve()
  return {
    client,
    transaction(work) {
      const mine = turn.then(() => runOne(work))
      const over = () => {
        state = 'idle'
      }
      turn = mine.then(({ committed }) => committed).then(over, over)
      return mine
    },
  }
}

class ConnectionLost extends Error {
  readonly code = 'CONNECTION_CLOSED'
  constructor() {
    super('the connection of this transaction is gone')
  }
}
