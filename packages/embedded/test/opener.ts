import { openEmbeddedPostgres } from '../src/postgres.ts'

// A process of its own that opens the data folder named by its argument, says so, and closes on the word to do so.
const opened = await openEmbeddedPostgres({ dataDir: process.argv[2] ?? '' })
process.stdout.write(`${JSON.stringify({ url: opened.url, started: opened.started })}\n`)
process.stdin.once('data', async () => {
  await opened.close()
  process.exit(0)
})
