import { statfs } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { type Figures, ratioWithin } from '../figure.ts'
import { timeCalls } from '../operator-calls.ts'
import { makePast } from '../past.ts'
import { openSparekey } from '../sparekey.ts'
import type { Stage } from '../stage.ts'
import { deliver } from './delivered.ts'

/** Bytes that a request of the past takes, with its mail, its attempt and all their indexes: an estimate. */
const bytesPerRow = 3_000

/** The rate of `delivered` on a database with a short past beside one with a long past, and operators' calls on that one. */
export async function measureRows(stage: Stage): Promise<Figures> {
  const { quick, rounds, fewRows } = stage.settings
  const { bavail, bsize } = await statfs(tmpdir())
  const fits = bavail * bsize > 2 * stage.settings.manyRows * bytesPerRow
  const manyRows = fits ? stage.settings.manyRows : Math.min(1_000_000, stage.settings.manyRows)

  const few = await openSparekey(stage, { workers: 1 })
  const many = await openSparekey(stage, { workers: 1 })
  for (const [sparekey, rows] of [[few, fewRows] as const, [many, manyRows] as const]) {
    await sparekey.post({ connections: 4, count: 20 })
    await sparekey.settle()
    await makePast(sparekey.sql, rows)
  }
  const text = (rows: number) => `${rows.toLocaleString('en')} rows`
  await stage.sql.unsafe('checkpoint')
  const short: number[] = []
  const long: number[] = []
  const turns = [
    { sparekey: few, rates: short },
    { sparekey: many, rates: long },
  ]
  // A round before the first warms both up, and they begin by turns.
  for (let round = quick ? 1 : 0; round <= rounds; round++) {
    for (const { sparekey, rates } of round % 2 ? turns : turns.toReversed()) {
      const { rate } = await deliver(stage, sparekey)
      if (round > 0) rates.push(rate)
    }
  }
  const calls = await timeCalls(stage, many, { pastRows: manyRows, place: text(manyRows) })
  await few.close()
  await many.close()
  return {
    figures: [
      {
        what: `mails delivered at ${text(manyRows)}`,
        unit: '/s',
        values: long,
        reference: { what: `at ${text(fewRows)}`, values: short },
        goal: ratioWithin(0.85, 1.15, 'the same, ± 15%'),
      },
      ...calls,
    ],
    notes: fits ? [] : ['rows: the disk has no room for more.'],
  }
}
