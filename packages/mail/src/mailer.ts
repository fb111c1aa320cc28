import type { Signer } from './dkim.ts'
import type { Composed } from './message.ts'
import { type Attempt, classify, isUnknownRecipient, oneLine, triesNext } from './outcome.ts'
import { parseServer } from './server.ts'
import { createTransport, type Transport } from './transport.ts'

/** A mail that would wait longer for a server's rate waits in the queue, where it keeps nobody busy. */
const longestPaceMs = 10_000

export interface MailerOptions {
  /** `smtp://` or `smtps://` URLs, tried in order; see parseServer. */
  servers: readonly string[]
  /** Time for one mail, all servers together. */
  deadlineMs?: number
  /** Let a password go over an unencrypted line to another machine. */
  allowPlaintext?: boolean
  /**
   * Takes a place in a server's rate, which all workers share; resolves to the milliseconds until it is due, or to
   * undefined, without a place, where that would be more than `mostMs`.
   */
  pace?: (server: string, perSecond: number, mostMs: number) => Promise<number | undefined>
  /** Signs each mail once, before the first server is asked. */
  signer?: Signer
  /** Certificates (PEM) to trust instead of the system's. */
  ca?: string
}

export interface SendLimits {
  withinMs?: number
  since?: number
  begin?: (() => Promise<boolean>) | undefined
}

export interface Mailer {
  /**
   * Hands one mail to the first server that decides about it. One attempt for each server asked, the last one
   * decides; none where the rates of all are used up for now. `withinMs` shortens the deadline, for a mail that may not
   * arrive later; both count from `since`, which is now unless told, by `performance.now()`. After that no message
   * begins to go out, however long the process stood still. `begin` is asked once, when a server is ready for the
   * message: false, and the mail goes to nobody, and no attempt is told. Rejects where `begin` does or the mailer was
   * closed.
   */
  send(mail: Composed, limits?: SendLimits): Promise<Attempt[]>
  /**
   * Whether the first server would be handed a mail within about two seconds, over a connection that it took another mail
   * over just now. A server with a rate of its own never is.
   */
  isReady(): boolean
  /** How many connections to each server are in use, and how many lie ready. */
  connections(): { server: string; used: number; free: number }[]
  /** Waits for running sends, closes every connection. May be called more than once. */
  close(): Promise<void>
}

/** Opens nothing until the first send. Throws TypeError for a server URL that can't be used. */
export function createMailer(options: MailerOptions): Mailer {
  const { deadlineMs = 30_000, allowPlaintext = false, ca, pace, signer } = options
  if (options.servers.length === 0) throw new TypeError('mailer: no mail server')
  const transports = options.servers
    .map(url => parseServer(url, { allowPlaintext }))
    .map(server => createTransport(server, ca))
  let closing: Promise<void> | undefined

  /** Waits until a server with a rate may be handed the next mail; false: that would take too long. */
  async function isDue({ label, perSecond }: Transport, mostMs: number): Promise<boolean> {
    if (!perSecond || !pace) return true
    const waitMs = await pace(label, perSecond, Math.min(mostMs, longestPaceMs))
    if (waitMs === undefined) return false
    if (waitMs > 0) await new Promise(resolve => setTimeout(resolve, waitMs))
    return true
  }

  return {
    async send(mail, { withinMs = deadlineMs, since = performance.now(), begin } = {}) {
      if (closing) throw new TypeError('mailer: closed')
      const end = since + Math.min(withinMs, deadlineMs)
      const signed = signer ? await withSignatures(signer, mail) : mail
      const attempts: Attempt[] = []
      let begun: Promise<boolean> | undefined
      const mayBegin =
        begin &&
        (() => {
          begun ??= begin()
          return begun.catch(() => false)
        })
      for (const [index, transport] of transports.entries()) {
        const start = performance.now()
        // A server that says nothing must leave time for those after it.
        const beforeDataMs = Math.max(end - start, 0) / (transports.length - index)
        if (!(await isDue(transport, beforeDataMs / 2))) continue
        const until = Math.min(start + beforeDataMs, end)
        const ending = await transport.send(signed, { until, end, begin: mayBegin })
        if (begun && !(await begun)) break
        const attempt: Attempt = {
          transport: transport.label,
          class: classify(ending),
          ...(ending.code && { code: ending.code }),
          ...(ending.response && { response: oneLine(ending.response) }),
          ...(isUnknownRecipient(ending) && { unknownRecipient: true as const }),
          durationMs: Math.round(performance.now() - start),
        }
        attempts.push(attempt)
        if (!triesNext(attempt)) break
      }
      return attempts
    },
    isReady: () => transports[0]?.isReady() === true,
    connections: () => transports.map(({ label, connections }) => ({ server: label, ...connections() })),
    close() {
      closing ??= Promise.all(transports.map(transport => transport.close())).then(() => {})
      return closing
    },
  }
}

async function withSignatures(signer: Signer, mail: Composed): Promise<Composed> {
  const lines = await signer.sign(mail)
  return lines === '' ? mail : { ...mail, raw: Buffer.concat([Buffer.from(lines, 'latin1'), mail.raw]) }
}
