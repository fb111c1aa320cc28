import { atMost, type Figures, quantile } from './figure.ts'
import type { Sparekey } from './sparekey.ts'
import type { Stage } from './stage.ts'

const windows = ['5m', '1h', '24h', '7d']

/** How long operators' calls take beside so many requests of the past, one call after the other. */
export async function timeCalls(
  { settings: { rounds, looks }, adminKey }: Stage,
  { base }: Pick<Sparekey, 'base'>,
  { pastRows, place }: { pastRows: number; place: string },
): Promise<Figures['figures']> {
  const headers = { authorization: `Bearer ${adminKey}` }
  async function took(path: string): Promise<number> {
    const began = performance.now()
    const response = await fetch(base + path, { headers })
    const text = await response.text()
    if (!response.ok) throw new Error(`${path}: ${response.status} ${text}`)
    return performance.now() - began
  }
  const login = () => `past${1 + Math.floor(Math.random() * pastRows)}@bench.example`
  const calls = [
    { what: 'search by login', path: () => `/v1/reset-requests?login=${login()}` },
    { what: 'failed requests', path: () => '/v1/reset-requests?status=failed' },
    { what: 'figures of a window', path: (n: number) => `/v1/stats?window=${windows[n % windows.length]}` },
    { what: 'queues', path: () => '/v1/queues' },
  ]
  const values = calls.map((): number[] => [])
  for (let round = 0; round < rounds; round++) {
    for (const [i, { path }] of calls.entries()) {
      const times: number[] = []
      for (let n = 0; n < looks; n++) times.push(await took(path(n)))
      values[i]?.push(quantile(times, 0.95))
    }
  }
  return calls.map(({ what }, i) => ({
    what: `${what}, p95, ${place}`,
    unit: 'ms',
    values: values[i] ?? [],
    goal: atMost(100, 'ms'),
  }))
}
