/** A list of what is open, and the one way to close it. */
export interface Closers {
  /** Registers a close that gets at most `ms` milliseconds; after `close`, it runs at once. */
  add(close: () => Promise<unknown>, ms?: number): void
  /** Closes everything, the newest first, each once. Never rejects; a close that fails or hangs is passed over. */
  close(): Promise<void>
}

/** Makes an empty list. */
export function createClosers(): Closers {
  const list: (() => Promise<void>)[] = []
  let ended: Promise<void> | undefined

  async function closeAll(): Promise<void> {
    for (let close = list.pop(); close; close = list.pop()) await close()
  }

  return {
    add(close, ms = 5_000) {
      list.push(() => within(ms, close))
      if (ended) ended = ended.then(closeAll)
    },
    close() {
      ended ??= closeAll()
      return ended
    },
  }
}

async function within(ms: number, close: () => Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise(resolve => {
    timer = setTimeout(resolve, ms)
  })
  try {
    await Promise.race([close(), late])
  } catch {
    // What cannot be closed must not keep the rest open.
  } finally {
    clearTimeout(timer)
  }
}

/** npm and turbo pass a signal on to a process that the terminal has sent it to already. */
const echoMs = 500

/**
 * Aborts at the first SIGINT or SIGTERM. A later one, from a person who does not want to wait, ends the process at
 * once with 130.
 */
export function stopSignal(): AbortSignal {
  const stop = new AbortController()
  let first = 0
  const onSignal = () => {
    if (!stop.signal.aborted) {
      first = Date.now()
      stop.abort()
    } else if (Date.now() - first > echoMs) {
      process.exit(130)
    }
  }
  process.on('SIGINT', onSignal)
  process.on('SIGTERM', onSignal)
  return stop.signal
}
