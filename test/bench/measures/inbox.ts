import { atMost, type Figures, quantile } from '../figure.ts'
import { openSparekey } from '../sparekey.ts'
import type { Stage } from '../stage.ts'

const perSecond = 5

/** Milliseconds from the POST to the whole mail at the mail server, on a system that has little to do. */
export async function measureInbox(stage: Stage): Promise<Figures> {
  const { rounds, inbox } = stage.settings
  const sparekey = await openSparekey(stage, { workers: 1 })
  await sparekey.post({ connections: 4, count: 500, perSecond: 250 })
  await sparekey.settle()
  const waits: number[] = []
  for (let round = 0; round < rounds; round++) {
    const first = 500 + round * inbox
    const { sentAt } = await sparekey.post({ connections: 1, count: inbox, perSecond })
    const { at, person } = await sparekey.settle()
    for (const [i, time] of at.entries()) waits.push(time - (sentAt[(person[i] ?? 0) - first] ?? Number.NaN))
  }
  await sparekey.close()
  const what = `POST to inbox, ${perSecond}/s, ${waits.length} mails`
  return {
    figures: [
      { what: `${what}, p50`, unit: 'ms', values: [quantile(waits, 0.5)], goal: atMost(10, 'ms') },
      { what: `${what}, p99`, unit: 'ms', values: [quantile(waits, 0.99)], goal: atMost(25, 'ms') },
    ],
  }
}
