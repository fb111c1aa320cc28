/** Collects what happens, and lets a test wait until enough of it has. */
export function collector<T>() {
  const seen: T[] = []
  const waiting = new Set<() => void>()
  return {
    seen,
    push(item: T) {
      seen.push(item)
      for (const look of waiting) look()
    },
    /** Resolves when `enough` holds for what was collected. */
    until(enough: (seen: T[]) => boolean): Promise<T[]> {
      return new Promise(resolve => {
        const look = () => {
          if (!enough(seen)) return
          waiting.delete(look)
          resolve(seen)
        }
        waiting.add(look)
        look()
      })
    },
  }
}

/** Asks again every 50 ms until the answer is true; the test's own timeout is the limit. */
export async function eventually(ask: () => Promise<boolean>): Promise<void> {
  while (!(await ask().catch(() => false))) await new Promise(resolve => setTimeout(resolve, 50))
}
