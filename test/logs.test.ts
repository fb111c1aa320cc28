import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Deployment, deploy, type Part } from './support/deployment.ts'
import { until } from './support/sparekey.ts'

let deployment: Deployment
beforeAll(async () => {
  deployment = await deploy({ env: { LOG_LEVEL: 'info' } })
}, 120_000)
afterAll(() => deployment?.close())

const lines = (part: Part): Record<string, unknown>[] =>
  part
    .output()
    .split('\n')
    // The last one may still be under way.
    .slice(0, -1)
    .map(line => JSON.parse(line))

test('a request is followed through the logs by its ids: one JSON line an event, and nobody’s address', async () => {
  const { call, adminKey, apis, workers, mailServer } = deployment
  const [worker] = workers as [Part]
  const { body: app } = await call('POST', '/v1/applications', { key: adminKey, body: { name: 'Acme' } })
  const key = app.keys.secret
  const login = 'logged@example.com'
  await call('POST', '/v1/accounts', { key, body: { login, email: login } })
  const { body, headers } = await call('POST', '/v1/reset-requests', { key, body: { login } })
  const { body: nobody } = await call('POST', '/v1/reset-requests', { key, body: { login: 'x@example.com' } })
  await call('GET', `/v1/accounts?login=${login}`, { key })
  await mailServer.mail(login)

  const answered = await until('the line of the call', () =>
    lines(apis[0]).find(line => line.requestId === headers.get('x-request-id')),
  )
  expect(answered).toMatchObject({
    level: 'info',
    part: 'api',
    method: 'POST',
    route: '/v1/reset-requests',
    status: 202,
    dialect: 'sparekey',
    target: body.id,
    ms: expect.any(Number),
    msg: 'answered',
  })
  const tried = await until('the line of the mail', () =>
    lines(worker).find(line => line.requestId === body.id),
  )
  expect(tried).toMatchObject({
    part: 'worker',
    kind: 'reset',
    outcome: 'accepted',
    code: 250,
    status: 'sent',
  })
  const ignored = await until('the line of the ignored request', () =>
    lines(worker).find(line => line.requestId === nobody.id),
  )
  expect(ignored).toMatchObject({ reason: 'no_account', msg: 'request ignored' })
  expect(apis[0].output() + worker.output()).not.toMatch(/@example|%40/)
})

test('a try of a webhook that failed is in the worker’s log: whose, of which endpoint and why, and not where it went', async () => {
  const { call, adminKey, workers } = deployment
  const [worker] = workers as [Part]
  const { body: app } = await call('POST', '/v1/applications', { key: adminKey, body: { name: 'Acme' } })
  const key = app.keys.secret
  const url = 'http://127.0.0.1:9/hook?password=told-to-nobody'
  const { body: endpoint } = await call('POST', '/v1/webhooks', { key, body: { url } })
  await call('POST', '/v1/reset-requests', { key, body: { login: 'nobody' } })
  const failed = await until('the line of the try', () =>
    lines(worker).find(line => line.endpointId === endpoint.id),
  )
  expect(failed).toMatchObject({
    level: 'warn',
    applicationId: app.id,
    deliveryId: expect.stringMatching(/^msg_/),
    outcome: 'address_not_allowed',
    msg: 'webhook not delivered',
  })
  expect(worker.output()).not.toMatch(/told-to-nobody|\/hook/)
})
