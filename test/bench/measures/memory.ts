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
  const { rounds, memoryRequests, memorySeconds } = stage.settings
  const seen: Round[] = []
  for (let round = 0; round < rounds; round++) seen.push(await watchBoth(stage))

  const requests = Math.min(...seen.map(round => round.requests))
  const what = (who: string) => `memory of ${who} after ${requests.toLocaleString('en')} requests`
  const after = (who: 'api' | 'worker') => seen.map(round => round.after[who])
  return {
    figures: [
      { what: what('the API'), unit: 'MB', values: after('api'), goal: atMost(150, 'MB') },
      { what: what('the worker'), unit: 'MB', values: after('worker'), goal: atMost(200, 'MB') },
      growth(
        'the API',
        seen.map(round => round.api),
      ),
      growth(
        'the worker',
        seen.map(round => round.worker),
      ),
    ],
    notes: requests < memoryRequests ? [`memory: ended at its time limit of ${memorySeconds} s.`] : [],
  }
}

/** Megabytes: as the load went on, and once its last mail was out. */
interface Round {
  requests: number
  api: number[]
  worker: number[]
  after: { api: number; worker: number }
}

/** One round, on processes of its own. */
async function watchBoth(stage: Stage): Promise<Round> {
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
  return { requests: sentAt.length, api, worker, after: { api: apiAfter, worker: workerAfter } }
}

/** Between the middle and the end of the run. */
function growth(who: string, rounds: number[][]): Figure {
  const part = (samples: number[], from: number, to: number) =>
    median(samples.slice(Math.floor(samples.length * from), Math.ceil(samples.length * to)))
  return {
    what: `growth of ${who} in the second half`,
    unit: '%',
    values: rounds.map(samples => 100 * (part(samples, 0.9, 1) / part(samples, 0.45, 0.55) - 1)),
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
