import { atLeast, type Figure, type Figures, median, ratioWithin } from '../figure.ts'
import { openSparekey } from '../sparekey.ts'
import type { Stage } from '../stage.ts'
import { rateOfMiddle } from '../traffic.ts'

/** What a relay far away takes to answer a mail. */
const delayMs = 150

/** Mails a second of several workers beside a slow relay, each count with workers that are warm and a full queue. */
export async function measureWorkers(stage: Stage): Promise<Figures> {
  const { connections, queuedEach, rounds, workers } = stage.settings
  const sparekey = await openSparekey(stage, { delayMs })
  const rates: number[][] = []
  for (const count of workers) {
    while (sparekey.workers.length < count) await sparekey.startWorker()
    const values: number[] = []
    for (let round = 0; round <= rounds; round++) {
      await sparekey.queue('pause')
      await sparekey.post({ connections, count: queuedEach * count })
      await sparekey.queue('resume')
      const rate = rateOfMiddle(await sparekey.settle(), { skip: 0.2, spare: 0.2 })
      // The first round warms the new ones up.
      if (round > 0) values.push(rate)
    }
    rates.push(values)
  }
  await sparekey.close()

  const one = rates[0] ?? []
  return {
    figures: workers.map((count, i): Figure => {
      const what = `${count} ${count === 1 ? 'worker' : 'workers'}, relay of ${delayMs} ms`
      const values = rates[i] ?? []
      if (count === 1) return { what, unit: 'mails/s', values, goal: atLeast(100, 'mails/s') }
      const reference = { what: `${count} × one worker`, values: one.map(rate => count * rate) }
      return { what, unit: 'mails/s', values, reference, goal: ratioWithin(0.9, 9, 'within 10% of linear') }
    }),
    notes: [
      `Each of ${workers.at(-1)} workers: ${Math.round(median(rates.at(-1) ?? []) / (workers.at(-1) ?? 1))} mails/s.`,
    ],
  }
}
