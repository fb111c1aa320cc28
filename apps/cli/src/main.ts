import { ConfigError, readConfig } from '@sparekey/config/config'
import { checkAddress } from '@sparekey/mail/address'
import { createClosers, stopSignal } from './closers.ts'
import { createProgram } from './commands.ts'
import { describeFailure } from './failure.ts'
import { createRun } from './run.ts'

const env = process.env
const closers = createClosers()

/** Ends the process with one line about what went wrong, after everything that is open was closed. */
async function fail(error: unknown): Promise<never> {
  process.stderr.write(`${describeFailure(error, { debug: env.LOG_LEVEL?.trim() === 'debug' })}\n`)
  await closers.close()
  process.exit(1)
}

// Whoever reads what is written may be gone: to fail at saying so would fail at saying so, for ever.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {})
process.on('uncaughtException', error => void fail(error))
process.on('unhandledRejection', error => void fail(error))

/** What is being opened when a signal comes is waited for, so that it can be closed. */
const openingMs = 15_000

const program = createProgram(async (how, action) => {
  const stop = stopSignal()
  const stopped = new Promise(resolve => stop.addEventListener('abort', resolve))
  const quiet = !env.LOG_LEVEL?.trim() && (how === 'once' || process.stdout.isTTY === true)
  const config = readConfig(env)
  // No mail could be made from another one, and each would fail for good.
  if (checkAddress(config.mailFrom.address) === null)
    throw new ConfigError(
      'MAIL_FROM must have an address that mail servers take, such as no-reply@example.com.',
    )
  const run = createRun(config, closers, { quiet, stop })
  let done = false
  const working = action(run).then(
    () => {
      done = true
    },
    error => {
      if (!stop.aborted) throw error
    },
  )
  await Promise.race([how === 'serve' ? working.then(() => stopped) : working, stopped])
  await Promise.race([working, new Promise(resolve => setTimeout(resolve, openingMs))])
  await closers.close()
  process.exit(how === 'once' && !done ? 130 : 0)
})

program.parseAsync().catch(fail)
