import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** What to do with bytes on their way to the server: let them through, or break the line before or after they arrive. */
export type Verdict = 'pass' | 'cut before' | 'cut after'

/** A way to a server that can be broken in the middle of a statement. `judge` sees what each line's client says. */
export async function startProxy(url: string, judge: (said: string, line: number) => Verdict) {
  const target = new URL(url)
  const sockets = new Set<Socket>()
  let lines = 0
  const server = createServer(client => {
    const line = lines++
    const upstream = connect(Number(target.port), target.hostname)
    let cut = false
    const end = () => {
      client.destroy()
      upstream.destroy()
    }
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      socket.on('error', end)
      socket.on('close', () => {
        sockets.delete(socket)
        if (!cut) end()
      })
    }
    client.on('data', chunk => {
      if (cut) return
      const verdict = judge(chunk.toString('latin1'), line)
      cut = verdict !== 'pass'
      // The server has it all, and is let go only when it has answered into the void.
      if (verdict === 'cut after') upstream.write(chunk, () => client.destroy())
      else if (verdict === 'pass') upstream.write(chunk)
      else end()
    })
    upstream.on('data', chunk => {
      if (cut) end()
      else client.write(chunk)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const detour = new URL(url)
  detour.port = String((server.address() as AddressInfo).port)
  detour.hostname = '127.0.0.1'
  return {
    url: detour.href,
    async close() {
      const closed = new Promise<void>(resolve => server.close(() => resolve()))
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
}
