import { parseArgs } from 'node:util'
import type { Figures } from './figure.ts'
import { measureAccepted } from './measures/accepted.ts'
import { measureDelivered } from './measures/delivered.ts'
import { measureEmbedded } from './measures/embedded.ts'
import { measureInbox } from './measures/inbox.ts'
import { measureMemory } from './measures/memory.ts'
import { measureOperators } from './measures/operators.ts'
import { measureRows } from './measures/rows.ts'
import { measureWorker } from './measures/worker.ts'
import { measureWorkers } from './measures/workers.ts'
import { summarizeProfiles } from './profile.ts'
import { writeResults } from './results.ts'
import { full, quick, wholeRunSeconds } from './settings.ts'
import { openStage, type Stage } from './stage.ts'
import { terminalTable } from './table.ts'

// npm run bench [-- --quick] [--only name,…] [--profile]

/** In the order in which they are taken. */
const measures: Record<string, (stage: Stage) => Promise<Figures>> = {
  accepted: measureAccepted,
  delivered: measureDelivered,
  worker: measureWorker,
  inbox: measureInbox,
  memory: measureMemory,
  workers: measureWorkers,
  embedded: measureEmbedded,
  operators: measureOperators,
  rows: measureRows,
}
const quickOnes = ['accepted', 'delivered', 'worker', 'inbox']

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    profile: { type: 'boolean', default: false },
    only: { type: 'string' },
  },
})
const chosen = values.only?.split(',') ?? (values.quick ? quickOnes : Object.keys(measures))
const unknown = chosen.filter(name => !measures[name])
if (unknown.length > 0)
  throw new Error(`no measure ${unknown}: there are ${Object.keys(measures).join(', ')}`)

const say = (line: string) => void process.stdout.write(`${line}\n`)
const began = performance.now()
const seconds = () => Math.round((performance.now() - began) / 1000)

const stage = await openStage(values.quick ? quick : full, { profile: values.profile })
const stop = () => void stage.close().finally(() => process.exit(130))
process.once('SIGINT', stop)
process.once('SIGTERM', stop)

const results: Figures[] = []
try {
  say(`ready to measure, ${seconds()} s`)
  for (const name of chosen) {
    if (seconds() > wholeRunSeconds) {
      results.push({ figures: [], notes: [`${name}: left out, the run had no time left.`] })
      process.exitCode = 1
      continue
    }
    const figures = await measures[name]?.(stage).catch(async (error): Promise<Figures> => {
      process.exitCode = 1
      return {
        figures: [],
        notes: [
          `${name} FAILED: ${error instanceof Error ? `${error.message} ${error.cause ?? ''}` : error}`,
        ],
      }
    })
    await stage.processes.endAll([stage.sink, stage.load])
    if (!figures) continue
    results.push(figures)
    say(`\n${name}, ${seconds()} s\n${terminalTable(figures)}`)
  }
  say(`\n${stage.checked.requests} requests were accepted, and each ended as one mail.`)
  if (!values.quick && !values.only) await writeResults(stage, results, seconds())
} finally {
  await stage.close()
}
if (values.profile) say(await summarizeProfiles())
process.exit()
