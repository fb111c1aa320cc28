import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { emptyDatabase, type FreshDatabase } from '../../../test/support/database.ts'
import { openDb } from '../src/db.ts'
import { runOn } from '../src/statement.ts'

let database: FreshDatabase
let opened: ReturnType<typeof openDb>

beforeAll(async () => {
  database = await emptyDatabase()
  opened = openDb(database.url)
})
afterAll(async () => {
  await opened.close()
  await database.drop()
})

const echo = 'select t, n from unnest($1::text[], $2::float8[]) as given (t, n)'

/** What Postgres makes of these lists, with one number for each text. */
const heard = (texts: (string | null)[], numbers: (number | null)[]) =>
  runOn(opened.db.hot)<{ t: string | null; n: number | null }>(echo, [texts, numbers])

test('lists reach Postgres as they are, whatever their texts are made of', async () => {
  const texts = ['', 'null', 'NULL', null, '"', '\\', '\\"', '{a,"b"}', ' a ', "';--", 'a\nb', 'ü€😀']
  const numbers = texts.map((_, n) => (n % 2 ? n / 4 : null))
  expect(await heard(texts, numbers)).toEqual(texts.map((t, i) => ({ t, n: numbers[i] })))
  expect(await heard([], [])).toEqual([])
  const text = fc.option(fc.string({ unit: fc.constantFrom('"', '\\', '{', '}', ',', "'", 'a', ' ', '\n') }))
  await fc.assert(
    fc.asyncProperty(fc.array(text), async given => {
      expect((await heard(given, [])).map(({ t }) => t)).toEqual(given)
    }),
  )
})
