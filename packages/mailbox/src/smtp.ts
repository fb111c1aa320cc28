import { randomBytes } from 'node:crypto'
import PostalMime, { decodeWords, type Email } from 'postal-mime'
import { SMTPServer, type SMTPServerDataStream } from 'smtp-server'
import type { Store } from './store.ts'

const SIZE_LIMIT = 1_000_000
const MAX_CLIENTS = 1_000

const collect = async (stream: SMTPServerDataStream): Promise<Buffer | undefined> => {
  const chunks: Buffer[] = []
  // An oversized mail has to be read to its end as well, or the client never hears that it was refused.
  for await (const chunk of stream) if (!stream.sizeExceeded) chunks.push(chunk as Buffer)
  return stream.sizeExceeded ? undefined : Buffer.concat(chunks)
}

const headersOf = (email: Email) => {
  const headers: Record<string, string | string[]> = Object.create(null)
  for (const { key, value: raw } of email.headers) {
    const value = decodeWords(raw)
    const before = headers[key]
    headers[key] = before === undefined ? value : Array.isArray(before) ? [...before, value] : [before, value]
  }
  return headers
}

const refusal = (message: string, responseCode: number) => Object.assign(new Error(message), { responseCode })

/**
 * Starts the SMTP server: no sign-in, no TLS, mails of at most 1 MB. A mail is in the store, once for each recipient, before
 * its sender hears 250. Rejects when the port is taken. `port` is the real one, also when 0 was asked for.
 */
export const startSmtp = async (store: Store, host: string, port: number) => {
  const receive = async (stream: SMTPServerDataStream, sender: string, recipients: string[]) => {
    const source = await collect(stream)
    if (!source) throw refusal('Message exceeds the size limit of 1 MB', 552)
    const email = await PostalMime.parse(source).catch(() => {
      throw refusal('Message cannot be parsed', 554)
    })
    const receivedAt = new Date().toISOString()
    for (const to of recipients) {
      const mail = {
        id: randomBytes(9).toString('base64url'),
        to,
        from: email.from?.address || sender,
        subject: email.subject ?? '',
        text: email.text ?? null,
        html: email.html ?? null,
        headers: headersOf(email),
        receivedAt,
      }
      store.add(mail, source)
    }
  }
  const server = new SMTPServer({
    name: 'sparekey-mailbox',
    banner: 'mails stay on this machine',
    disabledCommands: ['AUTH', 'STARTTLS'],
    authOptional: true,
    disableReverseLookup: true,
    size: SIZE_LIMIT,
    maxClients: MAX_CLIENTS,
    closeTimeout: 500,
    logger: false,
    onData: (stream, session, done) => {
      const { mailFrom, rcptTo } = session.envelope
      const sender = mailFrom ? mailFrom.address : ''
      receive(
        stream,
        sender,
        rcptTo.map(recipient => recipient.address),
      ).then(
        () => done(null, 'Kept in the mailbox'),
        error => done(error),
      )
    },
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      resolve()
    })
  })
  // From here on: clients that hang up, which is their right.
  server.on('error', () => {})
  const address = server.server.address()
  return {
    port: typeof address === 'object' && address ? address.port : port,
    close: () => new Promise<void>(resolve => server.close(() => resolve())),
  }
}
