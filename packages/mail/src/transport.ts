import { Readable } from 'node:stream'
import SMTPConnection from 'nodemailer/lib/smtp-connection'
import { Pool } from 'tarn'
import type { Composed } from './message.ts'
import type { Ending, Phase } from './outcome.ts'
import type { Server } from './server.ts'

/** Mails per connection: some servers hang up after a hundred. */
const mailsPerConnection = 100
/** Shorter than what any server we know waits for the next mail. */
const idleMs = 15_000
const goodbyeMs = 500

/** A place for one connection. The pool hands out places at once; connecting is part of a send's own time. */
interface Slot {
  connection: SMTPConnection | null
  mails: number
}

export interface Transport {
  label: string
  perSecond?: number
  /**
   * Hands one mail over. Ends by itself when the message has not begun to go out `beforeDataMs` from now, or
   * has got no final answer `totalMs` from now; other sends are not disturbed. Never rejects.
   */
  send(mail: Composed, limits: { beforeDataMs: number; totalMs: number }): Promise<Ending>
  connections(): { used: number; free: number }
  /** Lets running sends end, says goodbye on each connection and leaves nothing open. */
  close(): Promise<void>
}

/** A pool of SMTP connections to one server. Certificates are always checked. Opens nothing by itself. */
export function createTransport(
  server: Server,
  { connections, ca }: { connections: number; ca?: string },
): Transport {
  const pool = new Pool<Slot>({
    create: async () => ({ connection: null, mails: 0 }),
    destroy: slot => goodbye(slot),
    min: 0,
    max: connections,
    // The send's own deadline aborts the wait.
    acquireTimeoutMillis: 2 ** 31 - 1,
    idleTimeoutMillis: idleMs,
    reapIntervalMillis: 1_000,
  })

  async function send(mail: Composed, limits: { beforeDataMs: number; totalMs: number }): Promise<Ending> {
    const until = performance.now() + limits.beforeDataMs
    const end = performance.now() + limits.totalMs
    const waiting = pool.acquire()
    const timer = setTimeout(() => waiting.abort(), limits.beforeDataMs)
    let slot: Slot
    try {
      slot = await waiting.promise
    } catch {
      return { phase: 'connect', response: 'no free connection before the deadline' }
    } finally {
      clearTimeout(timer)
    }
    try {
      for (;;) {
        const reused = slot.connection !== null
        const { ending, answered } = await converse(server, slot, mail, { until, end, ca })
        // The server had hung up while the connection lay idle: that says nothing about this mail.
        const stale = reused && ending.phase !== 'data' && (!answered || ending.code === 421)
        if (!stale || performance.now() >= until) return ending
      }
    } finally {
      pool.release(slot)
    }
  }

  return {
    label: server.label,
    ...(server.perSecond === undefined ? {} : { perSecond: server.perSecond }),
    send,
    connections: () => ({ used: pool.numUsed(), free: pool.numFree() }),
    close: async () => {
      await pool.destroy()
    },
  }
}

interface Conversation {
  ending: Ending
  /** Whether the server said anything to MAIL FROM. */
  answered: boolean
}

/** One mail over the slot's connection, which is opened first where there is none and dropped after a failure. */
function converse(
  server: Server,
  slot: Slot,
  mail: Composed,
  { until, end, ca }: { until: number; end: number; ca?: string | undefined },
): Promise<Conversation> {
  return new Promise(resolve => {
    const connection = slot.connection ?? open(server, slot, ca, until)
    let phase: Phase = slot.mails > 0 ? 'envelope' : 'connect'
    let settled = false
    let timer = setTimeout(expire, Math.max(until - performance.now(), 0))

    function settle(ending: Ending) {
      if (settled) return
      settled = true
      clearTimeout(timer)
      connection.off('error', fail)
      connection.off('end', hungUp)
      const answered = Boolean(connection.lastServerResponse)
      if (ending.code !== 250 || phase !== 'data' || ++slot.mails >= mailsPerConnection)
        drop(slot, connection)
      resolve({ ending, answered })
    }
    function fail(error: Error & { response?: string; responseCode?: number | false }) {
      settle({
        phase,
        ...(error.responseCode && { code: error.responseCode }),
        response: error.response || error.message,
      })
    }
    function hungUp() {
      settle({ phase, response: 'the server closed the connection' })
    }
    function expire() {
      const doing = { connect: 'connecting', envelope: 'waiting for an answer', data: 'sending the message' }
      settle({ phase, response: `deadline passed while ${doing[phase]}` })
    }
    function transfer() {
      if (settled) return
      phase = 'envelope'
      connection.lastServerResponse = false
      // The connection pipes the message only after the server's 354 to DATA: the first read marks that moment.
      const body = new Readable({
        read() {
          if (phase === 'envelope') {
            phase = 'data'
            clearTimeout(timer)
            timer = setTimeout(expire, Math.max(end - performance.now(), 0))
          }
          this.push(mail.raw)
          this.push(null)
        },
      })
      connection.send({ ...mail.envelope, to: [...mail.envelope.to] }, body, (error, info) => {
        if (error) return fail(error as Parameters<typeof fail>[0])
        const code = Number(info.response.slice(0, 3))
        settle({ phase, code: code >= 200 && code < 300 ? 250 : code, response: info.response })
      })
    }

    connection.once('error', fail)
    connection.once('end', hungUp)
    if (slot.connection === connection && phase === 'envelope') return transfer()
    slot.connection = connection
    try {
      connection.connect(error => {
        if (settled) return
        if (error) return fail(error as Parameters<typeof fail>[0])
        if (!server.auth) return transfer()
        connection.login(server.auth, failure => {
          if (failure) fail(failure as Parameters<typeof fail>[0])
          else transfer()
        })
      })
    } catch (error) {
      fail(error as Parameters<typeof fail>[0])
    }
  })
}

function open(server: Server, slot: Slot, ca: string | undefined, until: number): SMTPConnection {
  const patience = Math.ceil(Math.max(until - performance.now(), 1)) + 1_000
  const connection = new SMTPConnection({
    host: server.host,
    port: server.port,
    secure: server.secure,
    requireTLS: server.requireTLS,
    ignoreTLS: server.ignoreTLS,
    ...(server.name && { name: server.name }),
    ...(server.servername && { servername: server.servername }),
    // Only a backstop: the send's own deadline comes first.
    connectionTimeout: patience,
    greetingTimeout: patience,
    dnsTimeout: patience,
    socketCloseTimeout: goodbyeMs,
    logger: false,
    tls: { rejectUnauthorized: true, minVersion: 'TLSv1.2', ...(ca && { ca }) },
  })
  // The server may hang up, or the line break, while nobody is sending.
  connection.on('error', () => forget(slot, connection))
  connection.on('end', () => forget(slot, connection))
  slot.mails = 0
  return connection
}

function forget(slot: Slot, connection: SMTPConnection): void {
  if (slot.connection !== connection) return
  slot.connection = null
  slot.mails = 0
}

function drop(slot: Slot, connection: SMTPConnection): void {
  forget(slot, connection)
  connection.close()
}

function goodbye(slot: Slot): Promise<void> | undefined {
  const { connection } = slot
  if (!connection || connection.destroyed) return
  return new Promise(resolve => {
    const timer = setTimeout(() => connection.close(), goodbyeMs)
    connection.once('end', () => {
      clearTimeout(timer)
      resolve()
    })
    connection.quit()
  })
}
