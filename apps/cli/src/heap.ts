import { setFlagsFromString } from 'node:v8'

/**
 * How much the old part of the heap may grow by before it is collected, in percent of what lives in it. V8's own answer is
 * several times as much, which a service under load then holds for ever. By V8 → by ours, at full load, seven rounds: API
 * 174 → 156 MB, worker 222 → 170 MB, mails and processor time the same. With less they pay for it: at 40 % the API has
 * 150 MB and takes a tenth more time, at 20 % a worker a seventh more, since its jobs outlive the young part of the heap.
 * That part can be held small only where Node is started: `--max-semi-space-size=8` (instead of 16) takes 20 MB more off an
 * API, for some 3 % of its time; `npm run api`, the compose file and the chart say so. A worker needs it whole.
 */
const growth = { api: 60, worker: 100 }

/** Keeps a process small that is one part alone. */
export function keepHeapSmall(part: keyof typeof growth): void {
  setFlagsFromString(`--heap-growing-percent=${growth[part]}`)
}
