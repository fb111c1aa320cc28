import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { startTracing } from '@sparekey/trace/trace'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { type Deployment, deploy } from './support/deployment.ts'
import { type Json, until } from './support/sparekey.ts'

// Stands in for a collector of traces, which takes OTLP over HTTP in JSON.
const bodies: string[] = []
const collector = createServer(async (request, response) => {
  let text = ''
  for await (const chunk of request) text += chunk
  bodies.push(text)
  response.end('{}')
})
let deployment: Deployment
beforeAll(async () => {
  collector.listen(0, '127.0.0.1')
  await once(collector, 'listening')
  const { port } = collector.address() as AddressInfo
  deployment = await deploy({
    env: {
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`,
      OTEL_BSP_SCHEDULE_DELAY: '200',
      // As compose hands them on where nobody set them: the SDK must take them for unset, too.
      OTEL_EXPORTER_OTLP_HEADERS: '',
      OTEL_TRACES_EXPORTER: '',
      OTEL_TRACES_SAMPLER: '',
      OTEL_TRACES_SAMPLER_ARG: '',
    },
  })
}, 120_000)
afterAll(async () => {
  await deployment?.close()
  collector.close()
})

interface Span {
  traceId: string
  name: string
  service: string
}

const spans = (): Span[] =>
  bodies.flatMap(text =>
    (JSON.parse(text) as Json).resourceSpans.flatMap(({ resource, scopeSpans }: Json) => {
      const service = resource.attributes.find(({ key }: Json) => key === 'service.name').value.stringValue
      return scopeSpans.flatMap(({ spans }: Json) =>
        spans.map(({ traceId, name }: Json) => ({ traceId, name, service })),
      )
    }),
  )

test('one trace leads from the caller’s own over the POST and the job to the mail server, and holds no login', async () => {
  const { call, adminKey, mailServer } = deployment
  const { body: app } = await call('POST', '/v1/applications', { key: adminKey, body: { name: 'Acme' } })
  const login = 'traced.person@example.com'
  await call('POST', '/v1/accounts', { key: app.keys.secret, body: { login, email: login } })
  const traceId = randomBytes(16).toString('hex')
  const traceparent = `00-${traceId}-${randomBytes(8).toString('hex')}-01`
  const asked = await call('POST', '/v1/reset-requests', {
    key: app.keys.secret,
    body: { login },
    headers: { traceparent },
  })
  expect(asked.status).toBe(202)
  await mailServer.mail(login)
  const own = await until('the span of the mail', () => {
    const found = spans().filter(span => span.traceId === traceId)
    return found.some(({ name }) => name === 'send mail') ? found : undefined
  })
  const named = own.map(({ service, name }) => `${service}: ${name}`)
  expect(named).toContain('sparekey-api: POST /v1/reset-requests')
  expect(named).toContain('sparekey-worker: send mail')
  expect(named.some(name => /^sparekey-worker: .*mail/.test(name) && !name.endsWith('send mail'))).toBe(true)
  expect(bodies.join('')).not.toMatch(/traced\.person|example\.com|sk_|admin_/)
})

test('on the console a span is told on standard output, and none is sent', async () => {
  const told = vi.spyOn(console, 'dir').mockImplementation(() => {})
  try {
    const tracing = await startTracing('sparekey-here', 'console')
    await tracing.call('look around', async () => {})
    await tracing.close()
    expect(told.mock.calls.map(([span]) => span)).toMatchObject([{ name: 'look around' }])
    expect(spans().some(({ service }) => service === 'sparekey-here')).toBe(false)
  } finally {
    told.mockRestore()
  }
})
