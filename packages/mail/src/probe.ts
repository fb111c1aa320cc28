import type { TLSSocket } from 'node:tls'
import SMTPConnection from 'nodemailer/lib/smtp-connection'
import { connectionOptions } from './connect.ts'
import { oneLine } from './outcome.ts'
import { parseServer, type Server } from './server.ts'

/** How far a mail server let us come, without a mail. */
export interface Probe {
  /** host:port */
  label: string
  /** Whether the server is on this machine. */
  here: boolean
  /** The line is encrypted, and the certificate holds, until then. */
  tls?: { protocol: string; validUntil: Date }
  /** It took the user and password. */
  signedIn: boolean
  /** What it broke at, and the server's own words about that; they never hold the password. */
  broke?: { at: 'connect' | 'greeting' | 'tls' | 'sign-in'; code: string; words: string }
}

const goodbyeMs = 300

type SmtpError = Error & { code?: string; originalCode?: string; response?: string }

/** Connects, greets, encrypts and signs in as a worker would, and leaves. Throws TypeError for a URL that can't be used. */
export async function probeServer(url: string, { timeoutMs }: { timeoutMs: number }): Promise<Probe> {
  const server = parseServer(url)
  const connection = new SMTPConnection(connectionOptions(server, timeoutMs))
  const probe: Probe = {
    label: server.label,
    here: server.host === 'localhost' || server.host === '::1' || /^127\./.test(server.host),
    signedIn: false,
  }
  try {
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error('no answer in time')), timeoutMs)
      const done = (error?: Error | null) => {
        clearTimeout(timer)
        if (error) reject(error)
        else resolve()
      }
      connection.on('error', done)
      connection.on('end', () => done(new Error('the server closed the connection')))
      connection.connect(error => {
        if (error) return done(error)
        probe.tls = tlsOf(connection)
        if (!server.auth) return done()
        connection.login(server.auth, failure => {
          probe.signedIn = !failure
          done(failure)
        })
      })
    })
    await leave(connection)
  } catch (error) {
    probe.broke = explain(error as SmtpError, server)
  } finally {
    connection.close()
  }
  return probe
}

function tlsOf(connection: SMTPConnection): Probe['tls'] {
  if (!connection.secure) return undefined
  const { _socket: socket } = connection as unknown as { _socket: TLSSocket }
  return {
    protocol: socket.getProtocol() ?? 'TLS',
    validUntil: new Date(socket.getPeerCertificate().valid_to),
  }
}

function explain(error: SmtpError, server: Server): NonNullable<Probe['broke']> {
  const code = error.originalCode ?? error.code ?? ''
  const tls = error.code === 'ETLS' || /CERT|SIGNED|SIGNATURE|ISSUER|_TLS_|_SSL_|EPROTO$/.test(code)
  const at = error.code === 'EAUTH' ? 'sign-in' : tls ? 'tls' : error.response ? 'greeting' : 'connect'
  return { at, code, words: scrub(oneLine(error.response || error.message), server) }
}

/** A server may repeat what it was told. */
function scrub(words: string, { auth }: Server): string {
  if (!auth) return words
  const { user, pass } = auth
  const base64 = (text: string) => Buffer.from(text).toString('base64')
  const said = [`\0${user}\0${pass}`, `${user}\0${user}\0${pass}`, pass].map(base64)
  return [...said, pass, encodeURIComponent(pass)].reduce((text, told) => text.replaceAll(told, '…'), words)
}

async function leave(connection: SMTPConnection): Promise<void> {
  await new Promise<void>(resolve => {
    const timer = setTimeout(resolve, goodbyeMs)
    connection.once('end', () => {
      clearTimeout(timer)
      resolve()
    })
    connection.quit()
  })
}
