import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { freePort } from '../../support/port.ts'
import { atLeast, atMost, type Figures } from '../figure.ts'
import { answers } from '../processes.ts'
import { targetOf } from '../sparekey.ts'
import { makeApplication, type Stage } from '../stage.ts'
import { createTraffic } from '../traffic.ts'
import { deliver } from './delivered.ts'

/** `sparekey start` on its own Postgres and without Redis: mails a second, and how long its starts take. */
export async function measureEmbedded(stage: Stage): Promise<Figures> {
  const { rounds } = stage.settings
  const fresh: number[] = []
  const warm: number[] = []
  const rates: number[] = []
  for (let round = 0; round < rounds; round++) {
    const start = await createStart(stage, `embedded-${round}`)
    const first = await start()
    fresh.push(first.tookMs)
    if (round === 0) {
      const key = await makeApplication(first.base, stage.adminKey, stage.settings.people).catch(error => {
        first.child.alive()
        throw error
      })
      const traffic = createTraffic(stage, targetOf(first.port, key), {
        onMissing: async () => first.child.output(),
      })
      for (let i = 0; i < rounds; i++) rates.push((await deliver(stage, traffic)).rate)
    }
    await first.child.end()
    const second = await start()
    warm.push(second.tookMs)
    await second.child.end()
  }
  const seconds = (values: number[]) => values.map(ms => ms / 1000)
  return {
    figures: [
      { what: 'embedded start, mails delivered', unit: '/s', values: rates, goal: atLeast(400, '/s') },
      { what: 'fresh start to first answer', unit: 's', values: seconds(fresh), goal: atMost(60, 's') },
      { what: 'warm start to first answer', unit: 's', values: seconds(warm), goal: atMost(2, 's') },
    ],
    notes: ['A fresh start has its packages installed, and makes its own Postgres.'],
  }
}

/** Starts of one data folder: the first is fresh, later ones are warm. */
async function createStart(stage: Stage, name: string) {
  const port = await freePort()
  const base = `http://127.0.0.1:${port}`
  const env = {
    ...stage.env,
    SPAREKEY_DATA: join(stage.folder, name),
    SPAREKEY_SECRET: randomBytes(32).toString('base64'),
    PORT: `${port}`,
  }
  return async () => {
    const began = performance.now()
    const child = stage.processes.start({ name: 'start', ...stage.sparekey('start'), env })
    await answers(child, `${base}/readyz`, 10)
    return { child, port, base, tookMs: performance.now() - began }
  }
}
