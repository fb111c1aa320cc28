import { createServer, type Socket } from 'node:net'
import { now, say, serve } from './channel.ts'

// A mail server that is as cheap as can be, since it shares the cores with what is measured: it takes everything, and
// remembers of a mail only its size, its person's number (p17@… → 17) and when it was there as a whole.

/** All mails taken since the last reset. */
export interface Taken {
  mails: number
  bytes: number
  /** When each was there as a whole, on the shared clock. */
  at: Float64Array
  /** Each one's person. */
  person: Int32Array
  /** The newest mail's source. */
  sample: string
}

const endOfData = Buffer.from('\r\n.\r\n')
const greeting = '250-sink\r\n250-PIPELINING\r\n250-SIZE 52428800\r\n250 8BITMIME\r\n'
const tellEveryMs = 10

let at = new Float64Array(65_536)
let person = new Int32Array(65_536)
let mails = 0
let bytes = 0
let told = 0
let delayMs = 0
let sample: Buffer = Buffer.alloc(0)

function take(who: number, source: Buffer[], length: number): void {
  if (mails === at.length) {
    const [times, people] = [at, person]
    at = new Float64Array(2 * mails)
    at.set(times)
    person = new Int32Array(2 * mails)
    person.set(people)
  }
  at[mails] = now()
  person[mails] = who
  mails++
  bytes += length
  sample = source.length === 1 && source[0] ? source[0] : Buffer.concat(source)
}

/**
 * One connection. `commands`: lines are answered as they come, all answers to one chunk in one write; DATA → `data`:
 * everything up to a lone dot is the mail → `commands`, after the delay, during which what the client sends on waits.
 */
function converse(socket: Socket): void {
  let state: 'commands' | 'data' | 'delay' = 'commands'
  let rest = Buffer.alloc(0)
  let source: Buffer[] = []
  let length = 0
  let who = -1

  function onCommands(chunk: Buffer): Buffer {
    let answer = ''
    let from = 0
    while (state === 'commands') {
      const end = chunk.indexOf(10, from)
      if (end < 0) break
      const verb = chunk.toString('latin1', from, from + 4).toUpperCase()
      if (verb === 'EHLO') answer += greeting
      else if (verb === 'DATA') {
        answer += '354 go on\r\n'
        state = 'data'
      } else if (verb === 'QUIT') {
        socket.end(`${answer}221 bye\r\n`)
        return Buffer.alloc(0)
      } else {
        if (verb === 'RCPT')
          who = Number.parseInt(/<p(\d+)@/i.exec(chunk.toString('latin1', from, end))?.[1] ?? '-1', 10)
        answer += '250 ok\r\n'
      }
      from = end + 1
    }
    if (answer) socket.write(answer)
    return chunk.subarray(from)
  }

  function onData(chunk: Buffer): Buffer {
    const last = source.at(-1) ?? Buffer.alloc(0)
    // The end may be spread over two chunks: look there first, with the last four bytes before this one.
    const seam = Buffer.concat([last.subarray(-4), chunk.subarray(0, 4)]).indexOf(endOfData)
    const end = seam >= 0 ? seam - Math.min(4, last.length) : chunk.indexOf(endOfData)
    if (end < 0 && seam < 0) {
      // A short piece is joined to the one before, so that the seam is never more than one piece back.
      if (last.length > 0 && last.length < 4) source[source.length - 1] = Buffer.concat([last, chunk])
      else source.push(chunk)
      length += chunk.length
      return Buffer.alloc(0)
    }
    const after = end + endOfData.length
    source.push(chunk.subarray(0, after))
    take(who, source, length + after)
    source = []
    length = 0
    if (delayMs === 0) {
      state = 'commands'
      socket.write('250 taken\r\n')
    } else {
      state = 'delay'
      setTimeout(() => {
        state = 'commands'
        socket.write('250 taken\r\n')
        goOn(Buffer.alloc(0))
      }, delayMs)
    }
    return chunk.subarray(after)
  }

  function goOn(chunk: Buffer): void {
    let left: Buffer = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk
    rest = Buffer.alloc(0)
    while (left.length > 0 && state !== 'delay' && !socket.writableEnded) {
      const before = left.length
      left = state === 'data' ? onData(left) : onCommands(left)
      if (left.length === before) break
    }
    if (left.length > 0) rest = Buffer.from(left)
  }

  socket.setNoDelay(true)
  socket.on('data', goOn)
  socket.on('error', () => socket.destroy())
  socket.write('220 sink ESMTP\r\n')
}

const server = createServer(converse)
server.listen(0, '127.0.0.1', 1024)

setInterval(() => {
  if (mails !== told) {
    told = mails
    say('mails', mails)
  }
}, tellEveryMs)

serve({
  port: () => {
    const address = server.address()
    return typeof address === 'object' && address ? address.port : 0
  },
  reset(input: { delayMs?: number }) {
    mails = 0
    bytes = 0
    told = 0
    delayMs = input.delayMs ?? 0
  },
  count: () => mails,
  taken: (): Taken => ({
    mails,
    bytes,
    at: at.slice(0, mails),
    person: person.slice(0, mails),
    sample: sample.toString('latin1'),
  }),
})
