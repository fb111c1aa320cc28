import postgres from 'postgres'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Deployment, deploy } from './support/deployment.ts'
import { until } from './support/sparekey.ts'

let deployment: Deployment
beforeAll(async () => {
  deployment = await deploy()
}, 120_000)
afterAll(() => deployment?.close())

test('API and worker tell Prometheus what they did, with bounded labels and no id or address', async () => {
  const { call, adminKey, apis, workers, mailServer } = deployment
  const { body: app } = await call('POST', '/v1/applications', { key: adminKey, body: { name: 'Acme' } })
  const key = app.keys.secret
  const login = 'counted@example.com'
  await call('POST', '/v1/accounts', { key, body: { login, email: login } })
  await call('POST', '/v1/reset-requests', { key, body: { login } })
  await fetch(`${apis[0].url}/compat/akinon/api/v1/auth/generate-reset-token`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ username: 'nobody@example.com' }),
  })
  await mailServer.mail(login)

  const read = async (url: string) => await (await fetch(`${url}/metrics`)).text()
  const api = await read(apis[0].url)
  for (const line of [
    /^sparekey_http_requests_total\{dialect="akinon",method="POST",status="201"\} 1$/m,
    /^sparekey_http_request_duration_seconds_bucket\{le="\+Inf",dialect="sparekey"\} \d+$/m,
    /^sparekey_reset_requests_total\{dialect="sparekey"\} 1$/m,
    /^sparekey_reset_requests_total\{dialect="akinon"\} 1$/m,
    /^sparekey_queue_jobs\{queue="mail",state="failed"\} 0$/m,
    /^sparekey_abuse_suspected_total\{what="requests"\} 0$/m,
    /^sparekey_waiting_requests \d+$/m,
    /^sparekey_queue_oldest_seconds\{queue="mail"\} [\d.]+$/m,
    /^sparekey_queue_oldest_seconds\{queue="webhook"\} 0$/m,
    /^sparekey_oldest_waiting_seconds [\d.]+$/m,
    /^sparekey_nodejs_eventloop_lag_p99_seconds /m,
    /^sparekey_postgres_connections\{part="api",pool="hot",state="free"\} 4$/m,
    /^sparekey_postgres_waiting_statements\{part="api",pool="hot"\} 0$/m,
  ])
    expect(api).toMatch(line)
  // Whoever waits for it to be ready, and Prometheus, are no traffic.
  expect(api).not.toMatch(/^sparekey_http_requests_total\{[^}]*method="GET"/m)

  const worker = await until('the counts of the mail', async () => {
    const text = await read(workers[0]?.url ?? '')
    return text.includes('sparekey_delivery_seconds_count 1') ? text : undefined
  })
  for (const line of [
    /^sparekey_mail_attempts_total\{server="[\w.]+:\d+",outcome="accepted"\} 1$/m,
    /^sparekey_resets_sent_total\{dialect="sparekey"\} 1$/m,
    /^sparekey_smtp_connections\{server="[\w.]+:\d+",state="(used|free)"\} \d+$/m,
    /^sparekey_worker_concurrency 250$/m,
    /^sparekey_worker_busy \d+$/m,
    /^sparekey_postgres_connections\{part="worker",pool="other",state="(used|free)"\} \d+$/m,
  ])
    expect(worker).toMatch(line)
  expect(api + worker).not.toMatch(/@|(app|req|key|acc|mail)_[0-9a-z]{26}/)
})

test('statements that hold and await connections to Postgres are told, even where none is left for the figures', async () => {
  const { call, adminKey, apis, databaseUrl } = deployment
  const holder = postgres(databaseUrl, { max: 1 })
  const use = async () => {
    const text = await (await fetch(`${apis[0].url}/metrics`)).text()
    const read = (name: string) => Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(text)?.[1])
    return {
      used: read('sparekey_postgres_connections{part="api",pool="other",state="used"}'),
      free: read('sparekey_postgres_connections{part="api",pool="other",state="free"}'),
      waiting: read('sparekey_postgres_waiting_statements{part="api",pool="other"}'),
    }
  }
  try {
    let calls: ReturnType<typeof call>[] = []
    await holder.begin(async sql => {
      await sql`lock table applications in access exclusive mode`
      calls = Array.from({ length: 9 }, () => call('GET', '/v1/applications', { key: adminKey }))
      const held = await until('nine statements', async () => {
        const seen = await use()
        return seen.used + seen.waiting >= 9 ? seen : undefined
      })
      expect(held).toMatchObject({ used: 6, free: 0 })
      expect(held.waiting).toBeGreaterThanOrEqual(3)
    })
    for (const { status } of await Promise.all(calls)) expect(status).toBe(200)
    await until('all of them to be free again', async () => ((await use()).waiting === 0 ? true : undefined))
  } finally {
    await holder.end({ timeout: 5 })
  }
})
