import { type SQL, type SQLWrapper, sql } from 'drizzle-orm'

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

/** Whether a column is one that a query finds. The query runs once, where a plan may repeat that of `in (…)` for each row. */
export const among = (column: SQLWrapper, query: SQLWrapper): SQL => sql`${column} = any(array(${query}))`
