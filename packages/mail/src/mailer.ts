import { compose, type Message } from './message.ts'
import { type Attempt, classify, oneLine, triesNext } from './outcome.ts'
import { parseServer } from './server.ts'
import { createTransport, type Transport } from './transport.ts'

export interface MailerOptions {
  /** `smtp://` or `smtps://` URLs, tried in order; see parseServer. */
  servers: readonly string[]
  /** Time for one mail, all servers together. */
  deadlineMs?: number
  /** Connections to each server. */
  connections?: number
  /** Let a password go over an unencrypted line to another machine. */
  allowPlaintext?: boolean
  /** Takes a place in a server's rate, which all workers share; resolves to the milliseconds until it is due. */
  pace?: (server: string, perSecond: number) => Promise<number>
  /** Certificates (PEM) to trust instead of the system's. */
  ca?: string
}

export interface Mailer {
  /**
   * Hands one mail to the first server that decides about it. One attempt for each server asked, the last one
   * decides. `withinMs` shortens the deadline, for a mail that may not arrive later. Throws TypeError for a message
   * that can't be sent to anybody, never for what a server says or does.
   */
  send(message: Message, limits?: { withinMs?: number }): Promise<[Attempt, ...Attempt[]]>
  /** How many connections to each server are in use, and how many lie ready. */
  connections(): { server: string; used: number; free: number }[]
  /** Waits for running sends, closes every connection. May be called more than once. */
  close(): Promise<void>
}

/** Opens nothing until the first send. Throws TypeError for a server URL that can't be used. */
export function createMailer(options: MailerOptions): Mailer {
  const { deadlineMs = 30_000, connections = 5, allowPlaintext = false, ca, pace } = options
  if (options.servers.length === 0) throw new TypeError('mailer: no mail server')
  const transports = options.servers
    .map(url => parseServer(url, { allowPlaintext }))
    .map(server => createTransport(server, { connections, ...(ca && { ca }) }))
  let closing: Promise<void> | undefined

  /** Waits until a server with a rate may be handed the next mail; undefined: that would take too long. */
  async function due({ label, perSecond }: Transport, mostMs: number): Promise<number | undefined> {
    if (!perSecond || !pace) return 0
    const began = performance.now()
    const waitMs = await pace(label, perSecond)
    if (waitMs > mostMs / 2) return undefined
    if (waitMs > 0) await new Promise(resolve => setTimeout(resolve, waitMs))
    return performance.now() - began
  }

  return {
    async send(message, { withinMs = deadlineMs } = {}) {
      const mail = await compose(message)
      if (closing) throw new TypeError('mailer: closed')
      const end = performance.now() + Math.min(withinMs, deadlineMs)
      const attempts: Attempt[] = []
      for (const [index, transport] of transports.entries()) {
        const start = performance.now()
        const totalMs = Math.max(end - start, 1)
        // A server that says nothing must leave time for those after it.
        const beforeDataMs = totalMs / (transports.length - index)
        const waitedMs = await due(transport, beforeDataMs)
        const ending =
          waitedMs === undefined
            ? { phase: 'connect' as const, response: 'the rate of this server is used up' }
            : await transport.send(mail, {
                beforeDataMs: beforeDataMs - waitedMs,
                totalMs: totalMs - waitedMs,
              })
        const attempt: Attempt = {
          transport: transport.label,
          class: classify(ending),
          ...(ending.code && { code: ending.code }),
          ...(ending.response && { response: oneLine(ending.response) }),
          durationMs: Math.round(performance.now() - start),
        }
        attempts.push(attempt)
        if (!triesNext(attempt)) break
      }
      return attempts as [Attempt, ...Attempt[]]
    },
    connections: () => transports.map(({ label, connections }) => ({ server: label, ...connections() })),
    close() {
      closing ??= Promise.all(transports.map(transport => transport.close())).then(() => {})
      return closing
    },
  }
}
