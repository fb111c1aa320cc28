import type { Random } from './random.ts'

export function median(values: ArrayLike<number>): number {
  const sorted = Float64Array.from(values).sort()
  const middle = sorted.length >> 1
  const upper = sorted[middle] ?? Number.NaN
  return sorted.length % 2 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2
}

/** The bootstrap's 95% interval of the median of b[i] − a[i], where a[i] and b[i] were measured side by side. */
export function medianDifference(
  a: readonly number[],
  b: readonly number[],
  random: Random,
  rounds = 1000,
): { low: number; high: number } {
  const pairs = a.map((value, at) => (b[at] ?? Number.NaN) - value)
  const again = () => median(Float64Array.from(pairs, () => pairs[random.below(pairs.length)] ?? 0))
  const medians = Float64Array.from({ length: rounds }, again).sort()
  return {
    low: medians[Math.floor(0.025 * rounds)] ?? Number.NaN,
    high: medians[Math.ceil(0.975 * rounds) - 1] ?? Number.NaN,
  }
}

/** How often a value of b is above one of a: 0.5 where nobody can tell them apart. */
export function areaUnderCurve(a: readonly number[], b: readonly number[]): number {
  const all = [...a.map(value => ({ value, b: 0 })), ...b.map(value => ({ value, b: 1 }))]
  all.sort((x, y) => x.value - y.value)
  let ranks = 0
  for (let start = 0; start < all.length; ) {
    let end = start
    while (end < all.length && all[end]?.value === all[start]?.value) end++
    // Equal values share the middle of their ranks.
    for (let i = start; i < end; i++) if (all[i]?.b) ranks += (start + end + 1) / 2
    start = end
  }
  return (ranks - (b.length * (b.length + 1)) / 2) / (a.length * b.length)
}

/** How often each letter comes in each position of texts of one length. */
export function countLetters(texts: readonly string[]): Map<string, number>[] {
  const counts = Array.from(texts[0] ?? '', () => new Map<string, number>())
  for (const text of texts)
    for (const [at, count] of counts.entries()) {
      const letter = text[at] ?? ''
      count.set(letter, (count.get(letter) ?? 0) + 1)
    }
  return counts
}

/** χ² of these counts, as standard deviations above what chance gives (Wilson and Hilferty). */
export function chiSquareDeviation(counts: Map<string, number>, alphabet: readonly string[]): number {
  if ([...counts.keys()].some(letter => !alphabet.includes(letter))) return Number.POSITIVE_INFINITY
  const expected = [...counts.values()].reduce((sum, count) => sum + count, 0) / alphabet.length
  const chi = alphabet.reduce(
    (sum, letter) => sum + ((counts.get(letter) ?? 0) - expected) ** 2 / expected,
    0,
  )
  const free = alphabet.length - 1
  return ((chi / free) ** (1 / 3) - (1 - 2 / (9 * free))) / Math.sqrt(2 / (9 * free))
}

/** Spearman's rank correlation of numbers with the order they came in. */
export function correlationWithOrder(values: readonly number[]): number {
  const order = values.map((value, at) => ({ value, at })).sort((a, b) => a.value - b.value)
  const n = values.length
  const squares = order.reduce((sum, { at }, rank) => sum + (rank - at) ** 2, 0)
  return 1 - (6 * squares) / (n * (n * n - 1))
}
