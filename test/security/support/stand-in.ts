import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A server with a fault put in on purpose: what a check must catch, if it can catch anything. */
export interface StandIn {
  url: string
  close(): void
}

export interface Asked {
  method: string
  path: string
  headers: Record<string, string>
  body: string
}

type Handler = (asked: Asked, response: ServerResponse) => unknown

export async function standIn(handle: Handler, host = '127.0.0.1'): Promise<StandIn> {
  const server = createServer(async (request, response) => {
    await handle(await read(request), response)
    if (!response.writableEnded) response.end()
  })
  server.listen(0, host)
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${port}`,
    close() {
      server.close()
      server.closeAllConnections()
    },
  }
}

/** Holds whoever comes until so many are there: the race that a fault needs, every time. */
export function openGate(many: number): () => Promise<void> {
  let open = () => {}
  const opened = new Promise<void>(resolve => {
    open = resolve
  })
  let inside = 0
  return () => {
    if (++inside >= many) open()
    return opened
  }
}

interface Passed {
  status: number
  headers: Record<string, string>
  body: string
}

/** The real thing behind a door that changes some answers. */
export async function behind(
  url: string,
  change: (asked: Asked, answer: Passed) => Passed,
): Promise<StandIn> {
  return await standIn(async (asked, response) => {
    const answer = await fetch(url + asked.path, {
      method: asked.method,
      redirect: 'manual',
      headers: Object.fromEntries(Object.entries(asked.headers).filter(([name]) => !hops.has(name))),
      ...(asked.body ? { body: asked.body } : {}),
    })
    const headers = Object.fromEntries(
      [...answer.headers].filter(([name]) => !hops.has(name) && name !== 'content-encoding'),
    )
    const changed = change(asked, { status: answer.status, headers, body: await answer.text() })
    response.writeHead(changed.status, {
      ...changed.headers,
      'content-length': String(Buffer.byteLength(changed.body)),
    })
    response.end(changed.body)
  })
}

const hops = new Set(['host', 'connection', 'content-length', 'transfer-encoding', 'keep-alive', 'expect'])

async function read(request: IncomingMessage): Promise<Asked> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk)
  return {
    method: request.method ?? '',
    path: request.url ?? '',
    headers: request.headers as Record<string, string>,
    body: Buffer.concat(chunks).toString(),
  }
}
