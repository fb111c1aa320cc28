import { ConfigError } from '@sparekey/config/config'
import { EmbeddedPostgresError } from '@sparekey/embedded/postgres'
import { MailboxError } from '@sparekey/mailbox/mailbox'
import { QueueUnavailableError } from '@sparekey/queue/errors'
import { ResetError } from '@sparekey/reset/errors'

/** What a command cannot do, in one line that says how to mend it. */
export class CommandError extends Error {
  override name = 'CommandError'
}

const spoken = [CommandError, ConfigError, EmbeddedPostgresError, MailboxError, ResetError]

/**
 * One line about an error. An unknown one is named by its class and code only, because a driver's message may hold
 * parameters; `debug` adds the places of its stack, without the message.
 */
export function describeFailure(error: unknown, { debug }: { debug: boolean }): string {
  if (spoken.some(type => error instanceof type)) return oneLine((error as Error).message)
  if (error instanceof QueueUnavailableError)
    return `The server of the queues is out of reach (${error.code}): check REDIS_URL, or DATABASE_URL where that is unset.`
  // The leaves' own words about an address that the first look let pass; they never repeat it.
  if (error instanceof TypeError && error.message.startsWith('mail server URL: '))
    return oneLine(error.message.replace('mail server URL:', 'SMTP_URL cannot be used:'))
  const code = codeOf(error)
  if (code === 'EADDRINUSE' || code === 'EACCES') {
    const port = (error as { port?: unknown }).port
    if (typeof port === 'number') return portLine(code, port, 'PORT')
  }
  const name = error instanceof Error ? error.name : typeof error
  const what = `Sparekey stopped on an error it does not know: ${name}${code ? ` (${code})` : ''}.`
  if (!debug) return `${what} Set LOG_LEVEL=debug to see where.`
  const stack = error instanceof Error ? (error.stack ?? '') : ''
  return [what, ...stack.split('\n').filter(line => /^\s+at /.test(line))].join('\n')
}

/** The line for a port that cannot be had; `variable` sets it. */
export function portLine(code: 'EADDRINUSE' | 'EACCES', port: number, variable: string): string {
  return code === 'EADDRINUSE'
    ? `Port ${port} is in use; set ${variable} to another.`
    : `Port ${port} may not be opened by this user; set ${variable} to another.`
}

/** The code of an error, or of the one that caused it. */
export function codeOf(error: unknown): string | undefined {
  for (let each: unknown = error; each instanceof Error; each = each.cause) {
    const code = (each as { code?: unknown }).code
    if (typeof code === 'string' && /^[\w.-]{1,60}$/.test(code)) return code
    if (each instanceof AggregateError && each.errors[0]) return codeOf(each.errors[0])
  }
  return undefined
}

function oneLine(text: string): string {
  return text.replace(/\s*[\r\n]+\s*/g, ' ')
}
