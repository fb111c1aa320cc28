import { createRequire } from 'node:module'
import { type LoggerOptions, pino } from 'pino'

/** One JSON line an event. `fields` must hold ids, codes and counts; never a token, a code, a key or a body. */
export interface Log {
  debug(fields: object, message: string): void
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
}

/** Logs to standard output, on a terminal in lines for people. `level` is the least severe that is written. */
export function createLog(level: string, part: string): Log {
  const options: LoggerOptions = {
    level,
    base: { part },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: label => ({ level: label }) },
    // The default serializer writes messages and stacks, which can hold statement parameters.
    serializers: { error: describeError },
  }
  return process.stdout.isTTY ? pino(options, forPeople()) : pino(options, buffered())
}

const flushMs = 100

/** Many lines share one write, a tenth of a second late at most; what is left is written when the process ends. */
function buffered() {
  const lines = pino.destination({ dest: 1, sync: false, minLength: 8192 })
  let waiting = false
  let came = false
  const flush = () => {
    waiting = false
    if (!(lines as { destroyed?: boolean }).destroyed) lines.flush()
  }
  // Not by its `periodicFlush`: that writes ten times a second where there is nothing to write, too.
  const flushSoon = () => {
    if (!waiting) setTimeout(flush, flushMs).unref()
    waiting = true
  }
  // While a write is under way a flush does nothing: what came meanwhile needs another one.
  lines.on('drain', () => {
    if (came) flushSoon()
    came = false
  })
  return {
    write(line: string) {
      lines.write(line)
      came = true
      flushSoon()
    },
  }
}

function forPeople() {
  // 10 MB, which a process without a terminal has no use for.
  const pretty = createRequire(import.meta.url)('pino-pretty') as typeof import('pino-pretty')
  return pretty({
    sync: true,
    translateTime: 'SYS:HH:MM:ss.l',
    messageFormat: '{part}: {msg}',
    ignore: 'part',
    singleLine: true,
  })
}

/**
 * What may be said of an unknown error in a log: its class, its code and where it arose. Its message is left
 * out, because a driver's message holds parameters: addresses, digests, names.
 */
export function describeError(error: unknown): object {
  if (!(error instanceof Error)) return { name: typeof error }
  const cause = error.cause instanceof Error ? error.cause : undefined
  const code = (error as { code?: unknown }).code ?? (cause as { code?: unknown } | undefined)?.code
  // A message may hold lines that look like frames: only what follows it is the trace.
  const { stack = '', message } = error
  const trace = stack.slice(stack.indexOf(message) + message.length)
  const at = /\n {4}at (.*)/.exec(trace)?.[1]
  return { name: error.name, ...(code === undefined ? {} : { code: String(code) }), ...(at ? { at } : {}) }
}
