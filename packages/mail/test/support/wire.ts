import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'

/** What the script answers to a line: a reply, silence (null) or a cut ('cut'). A 354 starts the message. */
export type Reply = string | null | 'cut'
export type Script = (line: string, connection: number) => Reply

export const polite: Script = line => {
  if (line === '') return '220 test ready'
  if (line.startsWith('EHLO')) return '250 test'
  if (line === 'DATA') return '354 go on'
  if (line === 'QUIT') return '221 bye'
  return '250 2.0.0 ok'
}

export interface Wire {
  url: string
  label: string
  /** Every line clients sent, messages left out; `''` stands for a new connection, `.` for a message's end. */
  lines: string[]
  messages: string[]
  /** Hangs up on every client. */
  hangUp(): Promise<void>
  close(): Promise<void>
}

/** An SMTP server that says exactly what the script says. Lines: `''` on connect, `.` after a message. */
export async function wire(script: Script): Promise<Wire> {
  const sockets = new Set<Socket>()
  const lines: string[] = []
  const messages: string[] = []
  let connections = 0
  const server = createServer(socket => {
    const number = ++connections
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => {})
    let inside: string[] | null = null
    let rest = ''
    const answer = (line: string) => {
      lines.push(line)
      const reply = script(line, number)
      if (reply === 'cut') return socket.destroy()
      if (reply === null) return
      if (reply.startsWith('354')) inside = []
      socket.write(`${reply}\r\n`)
      if (/^(421|221)/.test(reply)) socket.end()
    }
    socket.on('data', data => {
      const parts = (rest + data.toString('latin1')).split('\r\n')
      rest = parts.pop() ?? ''
      for (const line of parts) {
        if (inside === null) answer(line)
        else if (line === '.') {
          messages.push(inside.join('\r\n'))
          inside = null
          answer('.')
        } else inside.push(line.startsWith('.') ? line.slice(1) : line)
      }
    })
    answer('')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const hangUp = async () => {
    await Promise.all(
      [...sockets].map(socket => {
        const closed = once(socket, 'close')
        socket.destroy()
        return closed
      }),
    )
  }
  return {
    url: `smtp://127.0.0.1:${port}`,
    label: `127.0.0.1:${port}`,
    lines,
    messages,
    hangUp,
    async close() {
      server.close()
      await hangUp()
    },
  }
}
