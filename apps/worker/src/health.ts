import type { RequestListener } from 'node:http'

/** `/healthz`: alive. `/readyz`: database and queue in reach, else 503 and which is not. */
export function createHealth(parts: {
  ping(): Promise<void>
  queues: { ping(): Promise<void> }
}): RequestListener {
  return async (request, response) => {
    const say = (status: number, body: object) => {
      response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' })
      response.end(JSON.stringify(body))
    }
    if (request.url === '/healthz') return say(200, { status: 'ok' })
    if (request.url !== '/readyz') return say(404, { status: 'not_found' })
    const reach = async (ping: () => Promise<void>) =>
      await ping().then(
        () => 'ok',
        () => 'unavailable',
      )
    const [database, queue] = await Promise.all([reach(parts.ping), reach(() => parts.queues.ping())])
    const ready = database === 'ok' && queue === 'ok'
    say(ready ? 200 : 503, { status: ready ? 'ok' : 'unavailable', database, queue })
  }
}
