import { isIP } from 'node:net'

/** One mail server as the operator named it. */
export interface Server {
  host: string
  port: number
  /** TLS from the first byte (`smtps://`). */
  secure: boolean
  /** Refuse to go on without STARTTLS. */
  requireTLS: boolean
  ignoreTLS: boolean
  auth?: { user: string; pass: string }
  /** What we call ourselves in EHLO. */
  name?: string
  /** The name the certificate must carry, where it isn't the host. */
  servername?: string
  /** Mails a second that it may be handed, of all workers together. */
  perSecond?: number
  /** Connections that one worker opens at most. */
  connections: number
  /** `host:port`, fit for logs. */
  label: string
}

const switches = { true: true, '1': true, '': true, false: false, '0': false } as Record<string, boolean>

/**
 * Reads `smtp://[user:pass@]host[:port]` (STARTTLS when offered, port 587) or `smtps://…` (TLS, port 465).
 * Options: `requireTLS`, `ignoreTLS`, `perSecond` (rate), `connections` (20 unless told), `name` (EHLO), `servername` (certificate). With a user and password,
 * STARTTLS is required, unless the host is this machine, `allowPlaintext` is given or `ignoreTLS` is set.
 * Throws TypeError that says what is wrong and never repeats the URL.
 */
export function parseServer(text: string, { allowPlaintext = false } = {}): Server {
  const bad = (why: string) => new TypeError(`mail server URL: ${why}`)
  if (!URL.canParse(text)) throw bad('must look like smtp://user:password@host:port or smtps://host')
  const url = new URL(text)
  if (url.protocol !== 'smtp:' && url.protocol !== 'smtps:') throw bad('must start with smtp:// or smtps://')
  const host = decode(url.hostname.replace(/^\[(.*)\]$/, '$1'), bad)
  if (!/^[a-z0-9._:-]+$/i.test(host)) throw bad('names no host')
  if ((url.pathname !== '' && url.pathname !== '/') || url.hash) throw bad('takes no path')
  if (url.port === '0') throw bad('port must be 1 to 65535')
  const secure = url.protocol === 'smtps:'
  const port = url.port ? Number(url.port) : secure ? 465 : 587
  const server: Server = {
    host,
    port,
    secure,
    requireTLS: false,
    ignoreTLS: false,
    connections: 20,
    label: `${isIP(host) === 6 ? `[${host}]` : host}:${port}`,
  }
  for (const [key, value] of url.searchParams) {
    if (key === 'requireTLS' || key === 'ignoreTLS') {
      const on = Object.hasOwn(switches, value) ? switches[value] : undefined
      if (on === undefined) throw bad(`${key} must be true or false`)
      server[key] = on
    } else if (key === 'name' || key === 'servername') {
      if (!/^[a-z0-9.:[\]_-]+$/i.test(value)) throw bad(`${key} must be a host name`)
      server[key] = value
    } else if (key === 'perSecond') {
      if (!/^[1-9]\d{0,4}$/.test(value)) throw bad('perSecond must be a whole number from 1 to 99999')
      server.perSecond = Number(value)
    } else if (key === 'connections') {
      if (!/^[1-9]\d?$/.test(value)) throw bad('connections must be a whole number from 1 to 99')
      server.connections = Number(value)
    } else if (key === 'rejectUnauthorized') throw bad('certificates are always checked')
    else
      throw bad('knows only the options requireTLS, ignoreTLS, perSecond, connections, name and servername')
  }
  if (server.requireTLS && server.ignoreTLS) throw bad('requireTLS and ignoreTLS exclude each other')
  if (url.username || url.password) {
    if (!url.username || !url.password) throw bad('needs both user and password, or neither')
    server.auth = { user: decode(url.username, bad), pass: decode(url.password, bad) }
    const here = host === 'localhost' || host === '::1' || /^127\./.test(host)
    if (!secure && !here && !allowPlaintext && !server.ignoreTLS) server.requireTLS = true
  }
  return server
}

function decode(text: string, bad: (why: string) => Error): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw bad('has a percent sign that is no escape; write it as %25')
  }
}
