/** Rows that one statement takes where there may be millions, so that none lasts as long as Postgres lets one last. */
export const batch = 1000

/** Repeats a step until it takes fewer rows than a batch has. Resolves to how many it took in all. */
export async function inBatches(step: () => Promise<number>): Promise<number> {
  for (let all = 0; ; ) {
    const taken = await step()
    all += taken
    if (taken < batch) return all
  }
}
