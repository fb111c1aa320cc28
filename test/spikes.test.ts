import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import postgres from 'postgres'
import { expect, test } from 'vitest'
import { deploy } from './support/deployment.ts'
import { backends, type Json, until } from './support/sparekey.ts'

/** A receiver that keeps what it is told, by path. */
async function receive() {
  const told: { path: string; event: Json }[] = []
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += chunk
    told.push({ path: request.url ?? '', event: JSON.parse(body) })
    response.writeHead(204).end()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return { url, at: (path: string) => told.filter(each => each.path === path), close: () => server.close() }
}

test.each(backends)(
  'far more requests than usual are told once, in the log, the metric and a webhook, queues on %s',
  async backend => {
    const receiver = await receive()
    const env = { WEBHOOK_ALLOW: '127.0.0.1', ...(backend === 'postgres' ? { REDIS_URL: '' } : {}) }
    const deployment = await deploy({ env })
    const sql = postgres(deployment.databaseUrl, { max: 1, onnotice: () => {} })
    try {
      const { call, adminKey, workers } = deployment
      const make = async (name: string, suspectRequestsMinute: number) => {
        const body = { name, limits: { suspectRequestsMinute } }
        const { body: app } = await call('POST', '/v1/applications', { key: adminKey, body })
        const key = app.keys.secret
        const hook = { url: `${receiver.url}/${name}`, events: ['abuse.suspected'] }
        expect((await call('POST', '/v1/webhooks', { key, body: hook })).status).toBe(201)
        const ask = (count: number) =>
          Promise.all(
            Array.from({ length: count }, (_, i) =>
              call('POST', '/v1/reset-requests', { key, body: { login: `nobody${i}@example.com` } }),
            ),
          )
        const counted = (count: number) =>
          until(`${count} requests of ${name} in the figures`, async () => {
            const [row] = await sql`select sum(value)::int as value from figures
              where grain = 'minute' and subject = ${`app:${app.id}`} and name = 'accepted'`
            return row?.value === count || undefined
          })
        return { id: app.id as string, ask, counted }
      }

      // An hour ago 60 came: one a minute is usual, so that five in a minute are no flood.
      const busy = await make('busy', 100)
      await busy.ask(60)
      await busy.counted(60)
      await sql`update figures set at = at - interval '1 hour' where subject = ${`app:${busy.id}`}`
      await sql`update applications set created_at = created_at - interval '1 hour' where id = ${busy.id}`
      const wary = { key: adminKey, body: { limits: { suspectRequestsMinute: 3 } } }
      expect((await call('PATCH', `/v1/applications/${busy.id}`, wary)).status).toBe(200)
      await busy.ask(5)
      await busy.counted(65)

      const quiet = await make('quiet', 3)
      await quiet.ask(5)
      const { event } = await until('the event', () => receiver.at('/quiet')[0], 40_000)
      expect(event).toMatchObject({ type: 'abuse.suspected', data: { kind: 'requests', usualMinute: 0 } })
      expect(event.data.inMinute).toBeGreaterThan(3)
      expect(receiver.at('/busy')).toEqual([])
      const metrics = await (await fetch(`${workers[0]?.url}/metrics`)).text()
      expect(metrics).toMatch(/^sparekey_abuse_suspected_total\{what="requests"\} 1$/m)
      const lines = () =>
        workers[0]
          ?.output()
          .split('\n')
          .filter(line => line.includes('far more requests'))
      // Lines are written some at a time.
      await expect.poll(lines).toHaveLength(1)
      expect(lines()?.[0]).toContain(quiet.id)

      // Whoever floods on is not told of again in this hour; the other application's flood is.
      await quiet.ask(5)
      await busy.ask(30)
      const [hour] = await sql`select date_trunc('hour', now()) as now`
      await until('the flood of the busy one', () => receiver.at('/busy')[0], 40_000)
      const [later] = await sql`select date_trunc('hour', now()) as now`
      if (String(hour?.now) === String(later?.now)) expect(receiver.at('/quiet')).toHaveLength(1)
    } finally {
      await sql.end({ timeout: 5 })
      await deployment.close()
      receiver.close()
    }
  },
  120_000,
)
