/** Of the worker's batchers: nobody waits for a step of one mail, and a statement costs much more than its rows. */
export const gatherMs = 8
/** So many are worth a statement. */
const enough = 10
/** How often those that need not hurry gather again while they are fewer. */
const mostGathers = 12

/**
 * Lets calls share one piece of work, such as a statement, without making a lone call wait for company, unless it has time:
 *
 *   idle ──call──► running ──done, nobody waits──► idle ──call, where it `isPatient`──┐
 *                   ▲ │ └──done, calls came meanwhile──► gathering ◄──────────────────┘
 *                   │ │                                      │
 *                   └─┼──── after `gatherMs`; where it `isPatient`, up to 12 times as long while fewer than ten wait
 *                     └─ failed with more than one: each is tried alone, so that a bad one spoils no other
 *
 * `work` resolves to one result for each item, in their order, or to undefined where there is nothing to tell; an Error
 * among them rejects that call alone. `together`: whether a failure is everybody's, and trying alone would be in vain or in
 * doubt. After any other `work` must stand being repeated, since a statement whose answer was lost may have been carried
 * out. One piece runs at a time, of `most` items: those that wait meanwhile fill the next one (two at a time: a fifth fewer
 * mails a second). `half`: beyond so many a piece leaves half of those that wait to the next one, so that callers are
 * answered while others wait.
 */
export function createBatcher<Item, Result>(
  work: (items: Item[]) => Promise<(Result | Error)[] | undefined>,
  {
    most = 100,
    half = most,
    gatherMs = 0,
    isPatient = () => false,
    together = () => false,
  }: {
    most?: number
    half?: number
    gatherMs?: number
    isPatient?: (() => boolean) | undefined
    together?: (error: unknown) => boolean
  } = {},
): (item: Item) => Promise<Result> {
  interface Waiting {
    item: Item
    resolve(result: Result): void
    reject(error: unknown): void
  }
  const waiting: Waiting[] = []
  let busy = false

  async function run(batch: Waiting[]): Promise<void> {
    try {
      const results = await work(batch.map(({ item }) => item))
      for (const [index, { resolve, reject }] of batch.entries()) {
        const result = results?.[index] as Result | Error
        if (result instanceof Error) reject(result)
        else resolve(result)
      }
    } catch (error) {
      if (batch.length > 1 && !together(error)) await Promise.all(batch.map(one => run([one])))
      else for (const { reject } of batch) reject(error)
    }
  }

  const mayWait = () => waiting.length < enough && isPatient()

  function start(): void {
    if (busy || waiting.length === 0) return
    busy = true
    if (mayWait()) gather()
    else next()
  }

  function next(): void {
    const size = Math.min(most, Math.max(half, Math.ceil(waiting.length / 2)))
    void run(waiting.splice(0, size)).then(() => {
      if (waiting.length === 0) busy = false
      else if (gatherMs > 0 && waiting.length < most) gather()
      else next()
    })
  }

  function gather(times = 1): void {
    setTimeout(() => {
      if (times < mostGathers && mayWait()) gather(times + 1)
      else next()
    }, gatherMs)
  }

  return item =>
    new Promise((resolve, reject) => {
      waiting.push({ item, resolve, reject })
      // Once all that lies in the sockets is read: calls that came at once go together, and a lone one waits for nothing.
      if (waiting.length === 1) setImmediate(start)
    })
}

/** One of a thing for each owner, made when it is first asked for. */
export function oneFor<Owner extends object, Thing>(make: (owner: Owner) => Thing): (owner: Owner) => Thing {
  const made = new WeakMap<Owner, Thing>()
  return owner => {
    const thing = made.get(owner) ?? make(owner)
    made.set(owner, thing)
    return thing
  }
}
