import type { Hono } from 'hono'
import { createMailboxApp } from './app.tsx'
import type { RemoteAddress } from './loopback.ts'
import { startSmtp } from './smtp.ts'
import { createStore, type StoredMail } from './store.ts'

export type { StoredMail } from './store.ts'

/** What stops the mailbox. `message` is one line: what is wrong, and how to mend it. */
export class MailboxError extends Error {
  override name = 'MailboxError'
}

export type Mailbox = {
  /** For `SMTP_URL`, with the real port. */
  smtpUrl: string
  /** Page, JSON and event stream, to be mounted under one path: `app.route('/mailbox', mailbox.app)`. */
  app: Hono
  /** Newest first; with `to`, those for that recipient, ASCII letters compared without case. */
  messages(to?: string): StoredMail[]
  /** Ends the live lines and the SMTP server; a mail that is being received gets half a second. */
  close(): Promise<void>
}

export type MailboxOptions = {
  /** 0 takes any free port. */
  smtpPort?: number
  host?: '127.0.0.1'
  /** How many mails are kept, the newest. 500 when unset. */
  keep?: number
  /** For tests without a connection: says where a request came from. */
  remoteAddress?: RemoteAddress
}

/**
 * Opens a mailbox for development: a real SMTP server on loopback, and an app that shows what it took. Mails live in memory
 * only. Throws MailboxError when the port is not to be had.
 */
export const createMailbox = async (options: MailboxOptions = {}): Promise<Mailbox> => {
  const { smtpPort = 0, host = '127.0.0.1', keep = 500, remoteAddress } = options
  const store = createStore(keep)
  const smtp = await startSmtp(store, host, smtpPort).catch(error => {
    throw new MailboxError(
      `The mailbox cannot listen on ${host}:${smtpPort} (${error.code ?? error.message}): free that port or choose another`,
    )
  })
  const smtpUrl = `smtp://${host}:${smtp.port}`
  const { app, closeStreams } = createMailboxApp({ store, smtpUrl, remoteAddress })
  let closing: Promise<void> | undefined
  return {
    smtpUrl,
    app,
    messages: store.list,
    close: () => {
      closeStreams()
      closing ??= smtp.close()
      return closing
    },
  }
}
