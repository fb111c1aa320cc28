import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Sparekey, startSparekey } from './support/sparekey.ts'

let sparekey: Sparekey
let app: Awaited<ReturnType<Sparekey['application']>>
let socket: Socket

beforeAll(async () => {
  sparekey = await startSparekey({ backend: 'redis', worker: false })
  app = await sparekey.application()
  const { hostname, port } = new URL(sparekey.url)
  socket = connect(Number(port), hostname)
})
afterAll(async () => {
  socket?.destroy()
  await sparekey?.close()
})

const bodyOf = (login: string) => JSON.stringify({ login: `${login}@example.com` })
const headOf = (body: string, more = '') =>
  `POST /v1/reset-requests HTTP/1.1\r\nHost: test\r\nAuthorization: Bearer ${app.publishable}\r\n` +
  `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n${more}\r\n`

/** The statuses that are answered from now on, until there are so many. */
async function statuses(count: number): Promise<number[]> {
  let text = ''
  for (;;) {
    const found = [...text.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => Number(status))
    if (found.length >= count) return found
    text += `${(await once(socket, 'data'))[0]}`
  }
}

test('each call on one connection has its own body: in pieces, two at once, and after an empty one', async () => {
  const pieces = bodyOf('pieces')
  socket.write(headOf(pieces, 'Expect: 100-continue\r\n'))
  // Now the API has the call, and waits for its body.
  expect(await statuses(1)).toEqual([100])
  socket.write(pieces.slice(0, 9))
  socket.write(pieces.slice(9))
  expect(await statuses(1)).toEqual([202])

  const [first, second] = [bodyOf('first'), bodyOf('second')]
  socket.write(headOf(first) + first + headOf(second) + second)
  expect(await statuses(2)).toEqual([202, 202])

  const last = bodyOf('last')
  socket.write(headOf('') + headOf(last) + last)
  expect(await statuses(2)).toEqual([400, 202])

  const { body } = await sparekey.call('GET', '/v1/reset-requests', { key: app.secret })
  const logins = body.items.map(({ login }: { login: string }) => login).sort()
  expect(logins).toEqual(['first', 'last', 'pieces', 'second'].map(name => `${name}@example.com`))
})

test('a second content type is refused, whatever the first says', async () => {
  const body = bodyOf('twice')
  socket.write(headOf(body, 'Content-Type: text/plain\r\n') + body)
  expect(await statuses(1)).toEqual([415])
})
