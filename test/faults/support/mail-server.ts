import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'

/** Where a conversation stands; `body` is in the middle of the message, `message` after its final dot. */
export type Phase = 'greeting' | 'hello' | 'mail' | 'rcpt' | 'data' | 'body' | 'message'

/**
 * What the server does there. `stall` says nothing and keeps the line; `drip` answers a byte a second, without an end;
 * `cut` breaks the line. After the final dot a cut comes when the whole message is here.
 */
export type Step = 'ok' | 'stall' | 'drip' | 'cut' | { code: number; text: string }

export interface About {
  /** Counts connections, and mails begun, from 0. */
  connection: number
  mail: number
  /** Known from `rcpt` on. */
  to: string
  /** How often this recipient's mails came this far, from 0. */
  time: number
}

/** A promise keeps the line waiting for its step. */
export type Script = (phase: Phase, about: About) => Step | Promise<Step>

/** A message that was given whole, and what was said to it. */
export interface Given {
  /** The client's own name, from EHLO: which worker it was. */
  by: string
  to: string
  source: string
  at: number
  /** Undefined: the line broke, or was broken, before an answer went out. */
  answer?: number
}

const dripMs = 1_000

/** An SMTP server that follows a script, phase by phase, and forgets nothing. Every other connection is offered PIPELINING. */
export async function startMailServer(script: Script = () => 'ok', port = 0) {
  const given: Given[] = []
  const brokenOff: string[] = []
  const times = new Map<string, number>()
  const sockets = new Set<Socket>()
  let connections = 0
  let mails = 0
  let current = script

  async function converse(socket: Socket) {
    const connection = connections++
    let mail = -1
    let by = ''
    let to = ''
    /** What the envelope's commands so far were answered: after a refusal DATA is answered without the script. */
    let envelope = 0
    let hangs = false

    /** Plays one step; false where the conversation is over or hangs for good. */
    async function play(phase: Phase, fine: string): Promise<number | false> {
      const key = `${phase} ${to}`
      const time = times.get(key) ?? 0
      times.set(key, time + 1)
      const step = await current(phase, { connection, mail, to, time })
      hangs = typeof step === 'string' ? step !== 'ok' : step.code === 421
      if (step === 'cut') {
        socket.destroy()
        return false
      }
      if (step === 'stall') return false
      if (step === 'drip') {
        const text = `${fine.slice(0, 3)}-please wait a little longer `
        let said = 0
        const drip = setInterval(() => socket.write(text[said++ % text.length] ?? ''), dripMs)
        socket.once('close', () => clearInterval(drip))
        return false
      }
      if (step === 'ok') {
        if (fine) socket.write(`${fine}\r\n`)
        return Number(fine.slice(0, 3))
      }
      socket.write(`${step.code} ${step.text}\r\n`)
      if (step.code === 421) socket.end()
      return step.code
    }

    if ((await play('greeting', '220 faults.example.com ESMTP')) !== 220) return void socket.resume()
    for await (const unit of units(socket, async start => {
      const goesOn = (await play('body', '')) !== false
      if (!goesOn) brokenOff.push(start)
      return goesOn
    })) {
      // Commands that came in one go with the one that is not answered, or was the last.
      if (hangs) continue
      if (typeof unit !== 'string') {
        const message: Given = { by, to, source: unit.source, at: Date.now() }
        given.push(message)
        const code = await play('message', '250 2.0.0 taken')
        if (code === false) continue
        if (socket.writable) message.answer = code
        continue
      }
      const [verb = '', rest = ''] = /^(\w+) ?(.*)$/s.exec(unit)?.slice(1) ?? []
      switch (verb.toUpperCase()) {
        case 'EHLO':
        case 'HELO':
          by = rest
          await play(
            'hello',
            connection % 2 ? '250-faults.example.com\r\n250 PIPELINING' : '250 faults.example.com',
          )
          break
        case 'MAIL':
          mail = mails++
          to = ''
          envelope = Number(await play('mail', '250 ok'))
          break
        case 'RCPT':
          to = /<([^>]*)>/.exec(rest)?.[1] ?? ''
          if (envelope === 250) envelope = Number(await play('rcpt', '250 ok'))
          else socket.write('503 5.5.1 nothing begun\r\n')
          break
        case 'DATA':
          if (envelope !== 250) socket.write('503 5.5.1 nobody to take it\r\n')
          else if ((await play('data', '354 go on')) === 354) socket.emit('body')
          break
        case 'QUIT':
          socket.end('221 bye\r\n')
          break
        default:
          socket.write('250 ok\r\n')
      }
    }
  }

  const server = createServer(socket => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => sockets.delete(socket))
    converse(socket).catch(() => socket.destroy())
  })
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  const bound = (server.address() as AddressInfo).port
  return {
    port: bound,
    /** `name` tells the server who speaks. */
    url: (name = 'worker') => `smtp://127.0.0.1:${bound}?name=${name}`,
    given,
    /** What was there of each message that the script broke off before its end. */
    brokenOff,
    /** How often a phase was reached by a recipient's mails. */
    times: (phase: Phase, to = '') => times.get(`${phase} ${to}`) ?? 0,
    play(next: Script) {
      current = next
    },
    async close() {
      const closed = new Promise<void>(resolve => server.close(() => resolve()))
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
}

export type MailServer = Awaited<ReturnType<typeof startMailServer>>

/** A conversation's lines, and whole messages once `body` was emitted. `onBody` is asked at a message's first bytes whether to read on. */
async function* units(
  socket: Socket,
  onBody: (start: string) => Promise<boolean>,
): AsyncGenerator<string | { source: string }> {
  let held = ''
  let inBody = false
  let begun = false
  socket.on('body', () => {
    inBody = true
    begun = false
  })
  for await (const chunk of socket) {
    held += (chunk as Buffer).toString('latin1')
    for (;;) {
      if (inBody) {
        if (!begun && held.length > 0) {
          begun = true
          if (!(await onBody(held))) {
            if (!socket.destroyed) await once(socket, 'close')
            return
          }
        }
        const dot = held.indexOf('\r\n.\r\n')
        if (dot < 0) break
        const end = dot + 2
        const source = held.slice(0, end).replace(/^\./gm, '')
        held = held.slice(end + 3)
        inBody = false
        yield { source }
      } else {
        const end = held.indexOf('\r\n')
        if (end < 0) break
        const line = held.slice(0, end)
        held = held.slice(end + 2)
        yield line
      }
    }
  }
}
