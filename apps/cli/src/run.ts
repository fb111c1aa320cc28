import { type Config, DEFAULT_MAILBOX_PORT } from '@sparekey/config/config'
import { createLog, type Log } from '@sparekey/log/log'
import { createMailbox, type Mailbox, MailboxError } from '@sparekey/mailbox/mailbox'
import type { Closers } from './closers.ts'
import { CommandError, portLine } from './failure.ts'

/** What a running command is given. */
export interface Run {
  config: Config
  closers: Closers
  /** Aborts when the process is to end. */
  stop: AbortSignal
  log(part: string): Log
  /** Writes a text to standard output. */
  print(text: string): void
}

/** Puts a run together. `quiet` raises the log's level to warnings, so that what is printed stays readable. */
export function createRun(
  config: Config,
  closers: Closers,
  { quiet, stop }: { quiet: boolean; stop: AbortSignal },
): Run {
  const level = quiet ? 'warn' : config.logLevel
  return {
    config,
    closers,
    stop,
    log: part => createLog(level, part),
    print: text => void process.stdout.write(`${text}\n`),
  }
}

/**
 * Opens the built-in mailbox on MAILBOX_PORT, where workers of other processes look for it. When that port is taken: on
 * any port with `anyPort`, as long as nobody asked for this one, else not at all.
 * @throws CommandError when MAILBOX_PORT is set, taken, and `anyPort` would have let it be another.
 */
export async function openMailbox(
  { config, closers }: Run,
  { anyPort }: { anyPort: boolean },
): Promise<Mailbox | undefined> {
  try {
    const smtpPort = mailboxPortOf(config)
    const mailbox = await createMailbox({ smtpPort }).catch(error => {
      if (!anyPort || !(error instanceof MailboxError)) throw error
      if (config.mailboxPort !== undefined)
        throw new CommandError(portLine('EADDRINUSE', smtpPort, 'MAILBOX_PORT'))
      return createMailbox({ smtpPort: 0 })
    })
    closers.add(mailbox.close)
    return mailbox
  } catch (error) {
    if (error instanceof MailboxError && !anyPort) return undefined
    throw error
  }
}

export const mailboxPortOf = ({ mailboxPort }: Pick<Config, 'mailboxPort'>) =>
  mailboxPort ?? DEFAULT_MAILBOX_PORT

/** Where a person of this machine reaches the API. */
export function localUrl({ host, port }: Pick<Config, 'host' | 'port'>): string {
  const everywhere = ['127.0.0.1', '0.0.0.0', '::', '::1', 'localhost'].includes(host)
  return `http://${everywhere ? 'localhost' : host.includes(':') ? `[${host}]` : host}:${port}`
}
