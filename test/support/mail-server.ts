import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { SMTPServer } from 'smtp-server'

export interface Reply {
  code: number
  text: string
}

/** What the server does with the nth message (from 0): a reply, 'take' it, or 'cut' the line after DATA. */
export type Script = (n: number, to: string) => Reply | 'take' | 'cut'

/** A real SMTP server that follows a script. `taken` are the sources of mails it answered 250 to; `seen` of all. */
export async function startMailServer(script: Script = () => 'take', port = 0) {
  const taken: string[] = []
  const seen: string[] = []
  const server = new SMTPServer({
    authOptional: true,
    hideSTARTTLS: true,
    disableReverseLookup: true,
    logger: false,
    onData(stream, session, done) {
      const chunks: Buffer[] = []
      stream.on('data', chunk => chunks.push(chunk))
      stream.on('end', () => {
        const source = Buffer.concat(chunks).toString()
        const to = session.envelope.rcptTo[0]?.address ?? ''
        const step = script(seen.push(source) - 1, to)
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
  return {
    url: `smtp://127.0.0.1:${bound}`,
    port: bound,
    taken,
    seen,
    close: () => new Promise<void>(resolve => server.close(() => resolve())),
  }
}
