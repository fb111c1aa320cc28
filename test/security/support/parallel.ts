/** Runs these with a few under way at a time, as an impatient client does. */
export async function inParallel<T>(works: (() => Promise<T>)[], width = 25): Promise<T[]> {
  const results: T[] = []
  const left = works.entries()
  const run = async () => {
    for (const [at, work] of left) results[at] = await work()
  }
  await Promise.all(Array.from({ length: width }, run))
  return results
}
