import type { Socket } from 'node:net'
import SMTPConnection from 'nodemailer/lib/smtp-connection'
import { connectionOptions } from './connect.ts'
import type { Composed } from './message.ts'
import type { Ending, Phase } from './outcome.ts'
import type { Server } from './server.ts'

const goodbyeMs = 500
const longestReply = 64 * 1024
const endOfData = Buffer.from('.\r\n')

/** Moments by `performance.now()`: the message must have begun to go out at `until`, and be answered at `end`. */
export interface Limits {
  until: number
  end: number
  /** Asked when the server is ready for the message: whether it may go out. Must not reject. */
  begin?: () => Promise<boolean>
}

export interface Transferred {
  ending: Ending
  /** Whether the server said anything to MAIL FROM. */
  answered: boolean
}

/** A connection that has been greeted, encrypted and signed in. */
export interface Line {
  isOpen(): boolean
  /** Hands one mail over; one at a time. Never rejects. A line that did not end with 250 is closed. */
  transfer(mail: Composed, limits: Limits): Promise<Transferred>
  /** Says goodbye. Takes half a second at most. */
  quit(): Promise<void>
}

type SmtpError = Error & { response?: string; responseCode?: number | false }

const doing: Record<Phase, string> = {
  connect: 'connecting',
  sender: 'waiting for an answer',
  envelope: 'waiting for an answer',
  data: 'sending the message',
}

/** Connects, encrypts and signs in, by nodemailer. Resolves to the ending where that fails. Never rejects. */
export function openLine(
  server: Server,
  { until, ca }: { until: number; ca?: string | undefined },
): Promise<Line | Ending> {
  return new Promise(resolve => {
    const patience = Math.ceil(Math.max(until - performance.now(), 1))
    // Nodemailer's own deadlines are only a backstop: ours comes first, and says what it ended.
    const connection = new SMTPConnection({
      ...connectionOptions(server, patience + 1_000, ca),
      socketCloseTimeout: goodbyeMs,
    })
    const timer = setTimeout(
      () => fail({ phase: 'connect', response: `deadline passed while ${doing.connect}` }),
      patience,
    )
    const fail = (ending: Ending) => {
      clearTimeout(timer)
      resolve(ending)
      connection.close()
    }
    const broken = ({ responseCode, response, message }: SmtpError) =>
      fail({ phase: 'connect', ...(responseCode && { code: responseCode }), response: response || message })
    const ready = () => {
      clearTimeout(timer)
      resolve(takeLine(connection))
    }
    connection.on('error', error => broken(error as SmtpError))
    connection.on('end', () => fail({ phase: 'connect', response: 'the server closed the connection' }))
    try {
      connection.connect(error => {
        if (error) return broken(error as SmtpError)
        if (!server.auth) return ready()
        connection.login(server.auth, failure => {
          if (failure) broken(failure as SmtpError)
          else ready()
        })
      })
    } catch (error) {
      broken(error as SmtpError)
    }
  })
}

/**
 * From here on we speak for ourselves: nodemailer's own `send` costs five times the processor time of what follows.
 *
 *   idle ─► envelope (MAIL, RCPT, DATA; at once where PIPELINING is offered, RFC 2920) ─354─► data ─250─► idle
 *              └──────────── any other answer, a break, a deadline ─────────────────────────────┴─► closed
 *
 * An answer that nobody waits for closes the line as well, or it would be taken for the next mail's.
 */
function takeLine(connection: SMTPConnection): Line {
  const socket = connection._socket as Socket
  // Not among its types: what EHLO offered.
  const { _supportedExtensions: extensions = [] } = connection as { _supportedExtensions?: string[] }
  const pipelining = extensions.includes('PIPELINING')
  const withSize = extensions.includes('SIZE')
  let onReply: ((reply: string) => void) | undefined
  let onBreak: ((why: string) => void) | undefined
  let open = true
  let rest = ''
  let lines: string[] = []

  function close(why: string): void {
    if (!open) return
    open = false
    connection.close()
    onBreak?.(why)
  }

  socket.removeAllListeners('data')
  // Nodemailer's, of each read and write; ours hold.
  socket.setTimeout(0)
  socket.setEncoding('utf8')
  socket.on('data', (chunk: string) => {
    rest += chunk
    for (let at = rest.indexOf('\n'); at >= 0; at = rest.indexOf('\n')) {
      const line = rest.slice(0, at).replace(/\r$/, '')
      rest = rest.slice(at + 1)
      lines.push(line)
      if (/^\d{3}-/.test(line)) continue
      const reply = lines.join('\n')
      lines = []
      if (!onReply) return close('the server spoke out of turn')
      onReply(reply)
    }
    if (rest.length + lines.length > longestReply) close('the answer is too long')
  })
  socket.on('error', error => close(error.message))
  socket.on('close', () => close('the server closed the connection'))
  connection.on('error', error => close(error.message))
  connection.on('end', () => close('the server closed the connection'))

  return {
    isOpen: () => open,
    transfer({ envelope, raw }, { until, end, begin }) {
      return new Promise(resolve => {
        let phase: Phase = 'sender'
        let answered = false
        let over = false
        const expire = () => settle({ phase, response: `deadline passed while ${doing[phase]}` })
        let timer = setTimeout(expire, Math.max(until - performance.now(), 0))
        const settle = (ending: Ending) => {
          over = true
          clearTimeout(timer)
          onReply = undefined
          onBreak = undefined
          if (ending.code !== 250 || phase !== 'data') close('')
          resolve({ ending, answered })
        }
        if (!open) return settle({ phase, response: 'the server closed the connection' })

        const size = withSize ? ` SIZE=${raw.length}` : ''
        const commands = [`MAIL FROM:<${envelope.from}>${size}`, `RCPT TO:<${envelope.to}>`, 'DATA']
        let asked = 0
        const ask = (count: number) => {
          const next = commands.slice(asked, asked + count)
          asked += count
          socket.write(`${next.join('\r\n')}\r\n`, 'latin1')
        }
        let expected = 0
        onReply = reply => {
          answered = true
          const code = /^\d{3}(?![^ \n-])/.test(reply) ? Number(reply.slice(0, 3)) : undefined
          if (phase === 'data') {
            return settle({
              phase,
              ...(code && { code: code >= 200 && code < 300 ? 250 : code }),
              response: reply,
            })
          }
          expected++
          const goesOn =
            expected === commands.length
              ? code === 354
              : expected < commands.length && code && code >= 200 && code < 300
          if (!goesOn) return settle({ phase, ...(code && { code }), response: reply })
          phase = 'envelope'
          if (expected === asked && asked < commands.length) return ask(1)
          if (expected < commands.length) return
          if (begin) void begin().then(hand)
          else hand(true)
        }
        const hand = (may: boolean) => {
          if (over) return
          if (!may) return settle({ phase, response: 'the mail was called off' })
          // A process that stood still hears of the 354 before its timers: by now the mail may be another worker's.
          if (performance.now() >= until) return expire()
          phase = 'data'
          clearTimeout(timer)
          timer = setTimeout(expire, Math.max(end - performance.now(), 0))
          socket.cork()
          socket.write(raw)
          socket.write(endOfData)
          socket.uncork()
        }
        onBreak = why => settle({ phase, response: why })
        ask(pipelining ? commands.length : 1)
      })
    },
    quit() {
      if (!open) return Promise.resolve()
      return new Promise(resolve => {
        const timer = setTimeout(() => close(''), goodbyeMs)
        onReply = () => close('')
        onBreak = () => {
          clearTimeout(timer)
          resolve()
        }
        socket.write('QUIT\r\n')
      })
    },
  }
}
