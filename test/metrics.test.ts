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
    /^sparekey_waiting_requests \d+$/m,
    /^sparekey_oldest_waiting_seconds [\d.]+$/m,
    /^sparekey_nodejs_eventloop_lag_p99_seconds /m,
  ])
    expect(api).toMatch(line)

  const worker = await until('the counts of the mail', async () => {
    const text = await read(workers[0]?.url ?? '')
    return text.includes('sparekey_delivery_seconds_count 1') ? text : undefined
  })
  for (const line of [
    /^sparekey_mail_attempts_total\{server="[\w.]+:\d+",outcome="accepted"\} 1$/m,
    /^sparekey_resets_sent_total\{dialect="sparekey"\} 1$/m,
    /^sparekey_smtp_connections\{server="[\w.]+:\d+",state="(used|free)"\} \d+$/m,
    /^sparekey_worker_concurrency 50$/m,
    /^sparekey_worker_busy \d+$/m,
  ])
    expect(worker).toMatch(line)
  expect(api + worker).not.toMatch(/@|(app|req|key|acc|mail)_[0-9a-z]{26}/)
}, 60_000)
