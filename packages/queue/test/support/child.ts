import { openBackend, prepareBackend } from '../../src/backend.ts'
import { startWorker } from '../../src/worker.ts'

// Started by the tests as a process of its own: `prepare` makes the schema and ends, `hold` takes jobs and never
// finishes one. Tells its parent by one line an event.
const [task, redisUrl = '', databaseUrl = ''] = process.argv.slice(2)
const log = { info() {}, warn() {}, error() {} }
const backend = openBackend({ redisUrl, databaseUrl })
const say = (line: string) => process.stdout.write(`${line}\n`)

if (task === 'prepare') {
  await prepareBackend(backend)
  say('prepared')
} else {
  startWorker({
    backend,
    queue: 'mail',
    concurrency: 5,
    log,
    timing: { lock: 2_000, stalledCheck: 500 },
    handle: async (_data, { id }) => {
      say(`took ${id}`)
      await new Promise(() => setInterval(() => {}, 1_000))
    },
  })
}
