import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { atMost, type Figure, type Figures, median } from '../figure.ts'
import { openSparekey } from '../sparekey.ts'
import type { Stage } from '../stage.ts'

const run = promisify(execFile)
const everyMs = 500
/** What a process may grow by in the second half, and still count as flat. */
const flat = 0.1

/** Resident memory of API and worker under a load that goes on, and whether it grows in its second half. */
export async function measureMemory(stage: Stage): Promise<Figures> {
  const { connections, backlog, memoryRequests, memorySeconds } = stage.settings
  const sparekey = await openSparekey(stage, { workers: 1 })
  const pids = [sparekey.api.pid, sparekey.workers[0]?.pid ?? 0]
  const api: number[] = []
  const worker: number[] = []
  const sampling = setInterval(async () => {
    const [first, second] = await residentMegabytes(pids).catch(() => [])
    if (first && second) {
      api.push(first)
      worker.push(second)
    }
  }, everyMs)
  const { sentAt } = await sparekey
    .post({ connections, backlog, count: memoryRequests, seconds: memorySeconds })
    .finally(() => clearInterval(sampling))
  await sparekey.settle()
  const [apiAfter = Number.NaN, workerAfter = Number.NaN] = await residentMegabytes(pids)
  await sparekey.close()

  const requests = sentAt.length
  const what = (who: string) => `memory of ${who} after ${requests.toLocaleString('en')} requests`
  return {
    figures: [
      { what: what('the API'), unit: 'MB', values: [apiAfter], goal: atMost(150, 'MB') },
      { what: what('the worker'), unit: 'MB', values: [workerAfter], goal: atMost(200, 'MB') },
      growth('the API', api),
      growth('the worker', worker),
    ],
    notes: requests < memoryRequests ? [`memory: ended at its time limit of ${memorySeconds} s.`] : [],
  }
}

/** Between the middle and the end of the run. */
function growth(who: string, samples: number[]): Figure {
  const part = (from: number, to: number) =>
    median(samples.slice(Math.floor(samples.length * from), Math.ceil(samples.length * to)))
  const percent = 100 * (part(0.9, 1) / part(0.45, 0.55) - 1)
  return {
    what: `growth of ${who} in the second half`,
    unit: '%',
    values: [percent],
    goal: { text: `flat: ≤ ${flat * 100}%`, holds: value => value <= flat * 100 },
  }
}

async function residentMegabytes(pids: number[]): Promise<number[]> {
  const { stdout } = await run('ps', ['-o', 'rss=', '-p', pids.join()])
  return stdout
    .trim()
    .split('\n')
    .map(line => (Number(line) * 1024) / 1e6)
}
