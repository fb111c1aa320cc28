import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

/** One connection on which requests are written by hand, so that nothing on our side tidies them up. */
export interface Wire {
  /** Writes bytes and reads one whole answer, as it came. */
  ask(request: string | Buffer): Promise<string>
  close(): void
}

export async function openWire(url: string): Promise<Wire> {
  const { hostname, port } = new URL(url)
  const socket = connect({ host: hostname, port: Number(port), noDelay: true })
  await once(socket, 'connect')
  return {
    async ask(request) {
      socket.write(request)
      return await readAnswer(socket)
    },
    close: () => socket.destroy(),
  }
}

/** A request as text. A Host is put in unless one is given. */
export function requestText(
  line: string,
  { headers = {}, body }: { headers?: Record<string, string>; body?: string | undefined } = {},
): string {
  const all = {
    ...(Object.keys(headers).some(name => name.toLowerCase() === 'host') ? {} : { Host: 'localhost' }),
    ...headers,
    ...(body === undefined ? {} : { 'Content-Length': String(Buffer.byteLength(body)) }),
  }
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}`)
  return `${line} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n${body ?? ''}`
}

/** Sends one request on a connection of its own. */
export async function askOnce(url: string, request: string | Buffer): Promise<string> {
  const wire = await openWire(url)
  try {
    return await wire.ask(request)
  } finally {
    wire.close()
  }
}

export const statusOf = (answer: string) => Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1])

function readAnswer(socket: Socket): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = ''
    const take = (chunk: Buffer) => {
      text += chunk.toString('latin1')
      if (isWhole(text)) done()
    }
    const done = (error?: Error) => {
      socket.off('data', take)
      socket.off('close', ended)
      socket.off('error', failed)
      // An answer that came before the line broke counts.
      if (text === '' && error) reject(error)
      else resolve(Buffer.from(text, 'latin1').toString())
    }
    const ended = () => done(new Error('the line was closed without an answer'))
    const failed = (error: Error) => done(error)
    socket.on('data', take)
    socket.once('close', ended)
    socket.once('error', failed)
  })
}

function isWhole(text: string): boolean {
  const end = text.indexOf('\r\n\r\n')
  if (end < 0) return false
  const head = text.slice(0, end)
  const length = /^content-length: *(\d+)/im.exec(head)?.[1]
  if (length !== undefined) return text.length - end - 4 >= Number(length)
  if (/^transfer-encoding: *chunked/im.test(head)) return text.endsWith('0\r\n\r\n')
  return true
}
