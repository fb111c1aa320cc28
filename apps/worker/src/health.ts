import type { RequestListener } from 'node:http'
import type { Metrics } from '@sparekey/metrics/metrics'

interface HealthParts {
  ping(): Promise<void>
  queues: { ping(): Promise<void> }
  metrics: Metrics
}

/** `/healthz`: alive. `/readyz`: database and queue in reach, else 503 and which is away. `/metrics`: for Prometheus. */
export function createHealth(parts: HealthParts): RequestListener {
  return async (request, response) => {
    const say = (status: number, body: object) => {
      response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' })
      response.end(JSON.stringify(body))
    }
    if (request.url === '/healthz') return say(200, { status: 'ok' })
    if (request.url === '/metrics') {
      response.writeHead(200, { 'content-type': parts.metrics.contentType, 'cache-control': 'no-store' })
      return response.end(await parts.metrics.text())
    }
    if (request.url !== '/readyz') return say(404, { status: 'not_found' })
    const reach = async (ping: () => Promise<void>) =>
      await ping().then(
        () => 'ok',
        () => 'away',
      )
    const [database, queue] = await Promise.all([reach(parts.ping), reach(() => parts.queues.ping())])
    const ready = database === 'ok' && queue === 'ok'
    say(ready ? 200 : 503, { status: ready ? 'ok' : 'away', database, queue })
  }
}
