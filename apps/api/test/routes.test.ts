import { expect, test } from 'vitest'
import { appWithout } from './app-support.ts'

test('no route keeps Hono from its fast router, as one beside a parameter in its place does', async () => {
  const app = appWithout()
  await app.request('/healthz')
  expect(app.router.name).toBe('SmartRouter + RegExpRouter')
})
