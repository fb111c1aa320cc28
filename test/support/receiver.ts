import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll } from 'vitest'
import type { Sparekey } from './sparekey.ts'

interface Got {
  path: string
  headers: Record<string, string>
  body: string
}

export interface Hanging {
  waiting: Set<() => void>
  /** How many hung at a time. */
  most: number
}

/** A receiver of webhooks for the tests of one file: it keeps what it is told, and answers as a test wants, 204 unless told. */
export function useReceiver() {
  const got: Got[] = []
  const answers = new Map<string, number[]>()
  /** Calls to these paths hang until they are let go. */
  const hanging = new Map<string, Hanging>()
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += chunk
    const path = request.url ?? ''
    got.push({ path, headers: request.headers as Record<string, string>, body })
    const answer = () => void response.writeHead(answers.get(path)?.shift() ?? 204).end()
    const others = hanging.get(path)
    if (!others) return answer()
    others.waiting.add(answer)
    others.most = Math.max(others.most, others.waiting.size)
    response.once('close', () => others.waiting.delete(answer))
  })
  const receiver = {
    base: '',
    got,
    answers,
    hanging,
    told: (path: string) => got.filter(each => each.path === path),
  }
  beforeAll(async () => {
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    receiver.base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  })
  afterAll(() => server.close())
  return receiver
}

/** A new application, and its endpoint with this URL. */
export async function makeEndpoint(sparekey: Sparekey, url: string, input: object = {}) {
  const app = await sparekey.application()
  const call = (method: string, at: string, body?: unknown) =>
    sparekey.call(method, `/v1/webhooks${at}`, { key: app.secret, ...(body === undefined ? {} : { body }) })
  const made = await call('POST', '', { url, ...input })
  if (made.status !== 201) throw new Error(`no endpoint: ${JSON.stringify(made.body)}`)
  return { app, call, id: made.body.id as string, secret: made.body.secret as string }
}
