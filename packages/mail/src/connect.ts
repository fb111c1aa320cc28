import type SMTPConnection from 'nodemailer/lib/smtp-connection'
import type { Server } from './server.ts'

/** What nodemailer is told of a server. Certificates are always checked. `ca`: trusted instead of the system's. */
export function connectionOptions(
  server: Server,
  waitMs: number,
  ca?: string,
): ConstructorParameters<typeof SMTPConnection>[0] {
  return {
    host: server.host,
    port: server.port,
    secure: server.secure,
    requireTLS: server.requireTLS,
    ignoreTLS: server.ignoreTLS,
    ...(server.name && { name: server.name }),
    ...(server.servername && { servername: server.servername }),
    connectionTimeout: waitMs,
    greetingTimeout: waitMs,
    dnsTimeout: waitMs,
    logger: false,
    tls: { rejectUnauthorized: true, minVersion: 'TLSv1.2', ...(ca && { ca }) },
  }
}
