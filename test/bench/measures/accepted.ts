import { atMost, type Figures, quantile, ratioAtLeast } from '../figure.ts'
import type { Outcome } from '../load.ts'
import { openEcho } from '../peers/peer.ts'
import { openSparekey } from '../sparekey.ts'
import type { Stage } from '../stage.ts'

/** Accepted requests a second beside a bare echo. The worker is off meanwhile, and delivers everything afterwards. */
export async function measureAccepted(stage: Stage): Promise<Figures> {
  const { rounds, connections, seconds, warmSeconds } = stage.settings
  const echo = await openEcho(stage)
  const sparekey = await openSparekey(stage)
  const own: Outcome[] = []
  const bare: Outcome[] = []
  // Under such a load V8 compiles an API's code for some seconds.
  await echo.post({ connections, seconds: 3 * warmSeconds })
  await sparekey.post({ connections, seconds: 3 * warmSeconds })
  // It differs more from one second to the next than other rates: more rounds.
  for (let round = 0; round < 2 * rounds - 1; round++) {
    await echo.post({ connections, seconds: warmSeconds / 2 })
    bare.push(await echo.post({ connections, seconds: (3 / 4) * seconds }))
    await sparekey.post({ connections, seconds: warmSeconds / 2 })
    own.push(await sparekey.post({ connections, seconds: (3 / 4) * seconds }))
  }
  await sparekey.startWorker()
  await sparekey.settle()
  await sparekey.close()
  await echo.close()

  const latency = (share: number) => own.map(({ took }) => quantile(took, share))
  return {
    figures: [
      {
        what: `accepted requests, ${connections} connections`,
        unit: '/s',
        values: own.map(rateOf),
        reference: { what: 'bare Hono echo', values: bare.map(rateOf) },
        goal: ratioAtLeast(0.3, 'echo', '≥ 30% of the echo'),
      },
      {
        what: `POST p50, ${connections} connections`,
        unit: 'ms',
        values: latency(0.5),
        goal: atMost(15, 'ms'),
      },
      {
        what: `POST p99, ${connections} connections`,
        unit: 'ms',
        values: latency(0.99),
        goal: atMost(60, 'ms'),
      },
    ],
  }
}

const rateOf = ({ sentAt, began, ended }: Outcome) => (sentAt.length * 1000) / (ended - began)
