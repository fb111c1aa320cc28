import { EventEmitter, once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import PostalMime, { type Email } from 'postal-mime'
import { SMTPServer } from 'smtp-server'

export interface Reply {
  code: number
  text: string
}

/** What the server does with the nth message (from 0): a reply, 'take' it, or 'cut' the line after DATA. */
type Step = Reply | 'take' | 'cut'
export type Script = (n: number, to: string, source: string) => Step | Promise<Step>

/** A real SMTP server that follows a script, and thinks about each message for so long. `taken` are the sources of mails it answered 250 to; `seen` of all. */
export async function startMailServer(script: Script = () => 'take', port = 0, takesMs = 0) {
  const taken: string[] = []
  const seen: string[] = []
  const events = new EventEmitter()
  const server = new SMTPServer({
    authOptional: true,
    hideSTARTTLS: true,
    disableReverseLookup: true,
    logger: false,
    onData(stream, session, done) {
      const chunks: Buffer[] = []
      stream.on('data', chunk => chunks.push(chunk))
      stream.on('end', async () => {
        if (takesMs) await sleep(takesMs)
        const source = Buffer.concat(chunks).toString()
        const to = session.envelope.rcptTo[0]?.address ?? ''
        const step = await script(seen.push(source) - 1, to, source)
        if (step === 'cut') {
          for (const connection of server.connections as Set<{
            _socket: { destroy(): void }
            session: unknown
          }>) {
            if (connection.session === session) connection._socket.destroy()
          }
          return
        }
        if (step === 'take') {
          taken.push(source)
          events.emit('taken')
          return done()
        }
        done(Object.assign(new Error(step.text), { responseCode: step.code }))
      })
    },
  })
  server.on('error', () => {})
  server.listen(port, '127.0.0.1')
  await once(server.server, 'listening')
  const bound = (server.server.address() as AddressInfo).port

  /** Waits for the nth mail (from 0) that it takes for somebody. */
  async function mail(to: string, n = 0): Promise<Email> {
    const patience = AbortSignal.timeout(30_000)
    for (;;) {
      const next = once(events, 'taken', { signal: patience })
      next.catch(() => {})
      const mails = await Promise.all(taken.map(source => PostalMime.parse(source)))
      const found = mails.filter(({ to: people }) => people?.some(({ address }) => address === to))[n]
      if (found) return found
      await next.catch(() => {
        throw new Error(`waited in vain for mail ${n + 1} to ${to}`)
      })
    }
  }

  return {
    url: `smtp://127.0.0.1:${bound}`,
    port: bound,
    taken,
    seen,
    mail,
    close: () => new Promise<void>(resolve => server.close(() => resolve())),
  }
}
