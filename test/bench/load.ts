import { connect, type Socket } from 'node:net'
import { now, serve } from './channel.ts'

// The load generator: keep-alive connections that each send a request, wait for its answer and send the next. Raw
// sockets, since a generator that costs as much as the server would be measured along with it.

/** Where requests go. */
export interface Target {
  port: number
  path: string
  contentType: string
  headers: Record<string, string>
  /** The body, `{n}` in place of the person's number. */
  body: string
  /** The only status that counts as accepted. */
  status: number
}

export interface Order {
  target: Target
  connections: number
  /** Number of the first person; each further request is the next one's. */
  from: number
  /** Ends when so long has passed … */
  seconds?: number
  /** … or so many were sent. */
  count?: number
  /** At most so many a second, evenly. */
  perSecond?: number
  /** At most so many that are no mail yet. */
  backlog?: number
}

/** What became of them, in the order in which they were sent. */
export interface Outcome {
  sentAt: Float64Array
  /** Milliseconds until the whole answer was there. */
  took: Float64Array
  /** 1 where accepted. */
  accepted: Uint8Array
  /** When it began and when the last answer was there, on the shared clock. */
  began: number
  ended: number
  /** The first answers of another kind, for the complaint. */
  refused: string[]
}

let mails = 0
let wake = () => {}

async function run(order: Order): Promise<Outcome> {
  const { target, seconds = 600, count = 1_000_000, perSecond, backlog = Number.POSITIVE_INFINITY } = order
  const { host = '127.0.0.1', ...headers } = target.headers
  const fixed = Object.entries({ host, 'content-type': target.contentType, ...headers })
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('')
  const head = `POST ${target.path} HTTP/1.1\r\n${fixed}content-length: `
  const [before = '', after = ''] = target.body.split('{n}')

  const sentAt = new Float64Array(count)
  const took = new Float64Array(count)
  const accepted = new Uint8Array(count)
  const refused: string[] = []
  let sent = 0
  let taken = 0
  mails = 0
  const began = now()
  const end = began + seconds * 1000
  const idle: (() => void)[] = []
  const wakeAll = () => {
    for (const go of idle.splice(0)) go()
  }
  wake = wakeAll
  const ticker = setInterval(wakeAll, perSecond ? 1 : 20)

  const sockets = new Set<Socket>()
  const work = (first: Socket) =>
    new Promise<void>((resolve, reject) => {
      let socket = first
      let n = -1
      let got = ''
      const next = () => {
        n = -1
        const time = now()
        if (time >= end || sent >= count) return resolve()
        const late = perSecond && sent > (perSecond * (time - began)) / 1000
        if (late || sent - mails >= backlog) return void idle.push(next)
        n = sent++
        const body = `${before}${order.from + n}${after}`
        sentAt[n] = time
        socket.write(`${head}${body.length}\r\n\r\n${body}`, 'latin1')
      }
      const hear = (text: string) => {
        got += text
        const answer = n < 0 ? undefined : readAnswer(got)
        if (!answer) return
        took[n] = now() - (sentAt[n] ?? 0)
        if (Number(got.slice(9, 12)) === target.status) {
          accepted[n] = 1
          taken++
        } else if (refused.length < 3) refused.push(got.slice(0, 600))
        got = ''
        if (answer.closes) open(target.port).then(use, reject)
        else next()
      }
      const use = (opened: Socket) => {
        if (socket !== opened) socket.destroy()
        sockets.delete(socket)
        socket = opened
        sockets.add(socket)
        hears.set(socket, hear)
        socket.on('error', reject)
        opened.on('close', () => {
          if (opened === socket && n >= 0) reject(new Error('the server closed a connection'))
        })
        next()
      }
      use(first)
    })

  try {
    const opened = await Promise.all(Array.from({ length: order.connections }, () => open(target.port)))
    await Promise.all(opened.map(work))
  } finally {
    clearInterval(ticker)
    wake = () => {}
    for (const socket of sockets) socket.destroy()
  }
  if (taken < sent && refused.length === 0) refused.push('no answer')
  return {
    sentAt: sentAt.slice(0, sent),
    took: took.slice(0, sent),
    accepted: accepted.slice(0, sent),
    began,
    ended: now(),
    refused,
  }
}

/** Whether the server closes the connection after an answer, once that is there as a whole, by its length or its last chunk. */
function readAnswer(text: string): { closes: boolean } | undefined {
  const end = text.indexOf('\r\n\r\n')
  if (end < 0) return undefined
  const head = text.slice(0, end).toLowerCase()
  const at = head.indexOf(lengthName)
  const whole =
    at < 0
      ? text.endsWith('\r\n0\r\n\r\n')
      : text.length >= end + 4 + Number.parseInt(head.slice(at + lengthName.length), 10)
  return whole ? { closes: head.includes('\r\nconnection: close') } : undefined
}
const lengthName = '\r\ncontent-length: '

/** Who hears what comes on a connection: by way of one buffer, since streams of chunks would cost as much as all the rest. */
const hears = new WeakMap<Socket, (text: string) => void>()
const buffer = Buffer.allocUnsafeSlow(64 * 1024)

function open(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const onread = {
      buffer,
      callback(bytes: number) {
        hears.get(socket)?.(buffer.toString('latin1', 0, bytes))
        return true
      },
    }
    const socket = connect({ port, host: '127.0.0.1', noDelay: true, onread }, () => resolve(socket))
    socket.once('error', reject)
  })
}

serve({
  run,
  mails(count: number) {
    mails = count
    wake()
  },
})
