import postgres from 'postgres'
import { expect, test } from 'vitest'
import { freshDatabase } from '../../../test/support/database.ts'

test('each foreign key has an index, so that whoever deletes a row walks through no table', async () => {
  const database = await freshDatabase()
  const sql = postgres(database.url, { max: 1 })
  const keys = await sql`
    select c.conname as name, exists (
      select from pg_index i where i.indrelid = c.conrelid and i.indpred is null
        and (i.indkey::int2[])[0:cardinality(c.conkey) - 1] = c.conkey) as indexed
    from pg_constraint c where c.contype = 'f'`
  await sql.end()
  await database.drop()
  expect(keys.length).toBeGreaterThan(5)
  expect(keys.filter(({ indexed }) => !indexed)).toEqual([])
})
