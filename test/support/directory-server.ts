import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Json } from './sparekey.ts'

export type Answer = (response: ServerResponse, asked: Json) => void

/** Stands in for an application's own server: a few people, what it was asked, and how it shall answer next. */
export async function startDirectoryServer() {
  const people = new Map<string, { id: string; email: string; name?: string; password?: string }>()
  const calls: { type: string; data: Json; headers: Record<string, string>; body: string }[] = []
  const next: Record<string, Answer[]> = {}
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += chunk
    const { type, data } = JSON.parse(body)
    calls.push({ type, data, headers: request.headers as Record<string, string>, body })
    const say = (status: number, answer: unknown = {}) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(answer))
    const other = next[type]?.shift()
    if (other) return other(response, data)
    if (type === 'directory.find_account') {
      const person = people.get(data.login)
      return person ? say(200, { id: person.id, email: person.email, name: person.name }) : say(404)
    }
    const person = [...people.values()].find(({ id }) => id === data.accountId)
    if (!person) return say(404)
    if (type === 'directory.set_password') person.password = data.password
    say(200)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    origin,
    people,
    calls,
    asked: (type: string) => calls.filter(call => call.type === `directory.${type}`),
    answer(type: string, answer: Answer) {
      next[`directory.${type}`] = [...(next[`directory.${type}`] ?? []), answer]
    },
    close() {
      server.close()
      server.closeAllConnections()
    },
  }
}

/** Answers of any call from which nothing may be concluded. */
export const faults: Record<string, Answer> = {
  'a 500': response => response.writeHead(500).end('no'),
  'a 401': response => response.writeHead(401).end('no'),
  'a redirect to another address': response =>
    response.writeHead(307, { location: 'http://127.0.0.1:1/inside' }).end(),
  'a cut line': response => response.destroy(),
  silence: () => {},
  'an answer that never ends': response => {
    response.writeHead(200, { 'content-type': 'application/json' })
    response.write('{"id": "17", ')
  },
}
/** The same of a search for an account. */
export const findFaults: Record<string, Answer> = {
  ...faults,
  'no JSON': response => response.end('<html>'),
  'a null': response => response.end('null'),
  'no email': response => response.end('{"id":"17"}'),
  'two addresses': response => response.end('{"id":"17","email":"a@example.com, b@example.com"}'),
  'an id of two lines': response => response.end('{"id":"1\\r\\n7","email":"a@example.com"}'),
  'an answer of 100 kB': response =>
    response.end(`{"id":"17","email":"a@example.com"${' '.repeat(100_000)}}`),
}
