/**
 * How far behind the others an application's next mail waits: 0 for the first 200 in ten seconds, and one further for each
 * 200 more. So a burst of one application waits behind what others ask meanwhile, and holds nobody up. Each process
 * counts for itself: it is a matter of order, not of limits.
 */
export function createFairness({ windowMs = 10_000, free = 200 } = {}): (applicationId: string) => number {
  const counts = new Map<string, number>()
  let until = 0
  return applicationId => {
    const now = performance.now()
    if (now > until) {
      counts.clear()
      until = now + windowMs
    }
    const count = (counts.get(applicationId) ?? 0) + 1
    counts.set(applicationId, count)
    return Math.min(Math.floor((count - 1) / free), 1000)
  }
}
