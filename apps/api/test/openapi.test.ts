import { expect, test } from 'vitest'
import { appWithout } from './app-support.ts'

type Operation = {
  operationId: string
  responses: Record<string, { content?: Record<string, unknown> }>
  security?: unknown[]
}
const app = appWithout()
const text = await (await app.request('/openapi.json')).text()
const document = JSON.parse(text)
const operations = Object.entries<Record<string, Operation>>(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
)

test('the document is OpenAPI 3.1, names no address outside, and all its references lead somewhere', () => {
  expect(document.openapi).toMatch(/^3\.1\./)
  expect(text.replaceAll(/https:\/\/[\w.]*example(\.com)?\b/g, '')).not.toMatch(/https?:\/\//)
  for (const [, reference] of text.matchAll(/"\$ref":"#\/([^"]+)"/g)) {
    const found = reference?.split('/').reduce((at, name) => at?.[name], document)
    expect(found, reference).toBeDefined()
  }
})

test('every call has its own id; errors are problems, but in a dialect never', () => {
  expect(new Set(operations.map(({ operation }) => operation.operationId)).size).toBe(operations.length)
  for (const { path, operation } of operations) {
    if (path.startsWith('/compat/')) {
      expect(JSON.stringify(operation), path).not.toContain('problem')
      continue
    }
    for (const [status, { content }] of Object.entries(operation.responses))
      if (Number(status) >= 400)
        expect(Object.keys(content ?? {}), path).toEqual(['application/problem+json'])
    expect(Object.keys(operation.responses)).toEqual(expect.arrayContaining(['400', '500', '503']))
    if (path.startsWith('/v1') && path !== '/v1/session')
      expect(Object.keys(operation.responses)).toContain('401')
  }
})

test('every route of /v1 is in the document', () => {
  const routes = app.routes.filter(
    ({ path, method }) => path.startsWith('/v1') && !['ALL', 'OPTIONS'].includes(method),
  )
  const documented = operations.map(
    ({ path, method }) => `${method.toUpperCase()} ${path.replaceAll(/\{(\w+)\}/g, ':$1')}`,
  )
  for (const { method, path } of routes) expect(documented).toContain(`${method} ${path}`)
})

test('the reference asks nobody else for anything', async () => {
  const page = await app.request('/docs')
  expect(page.headers.get('content-security-policy')).toContain("default-src 'none'")
  expect(await page.text()).not.toMatch(/https?:\/\//)
  expect((await app.request('/docs/swagger-ui-bundle.js')).status).toBe(200)
})
