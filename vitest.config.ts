import { defineConfig } from 'vitest/config'

export default defineConfig({
  oxc: { jsx: { runtime: 'automatic', importSource: 'hono/jsx' } },
  test: {
    include: ['{apps,packages}/*/test/**/*.test.ts', 'test/**/*.test.ts'],
    // They measure time, which wants a machine that does nothing else: vitest.suites.config.ts runs them.
    exclude: ['**/node_modules/**', 'test/security/*-timing.test.ts'],
    globalSetup: ['test/support/services.ts'],
    testTimeout: 90_000,
    hookTimeout: 120_000,
    // Much of the time is spent waiting, for leases and deadlines: more files than cores.
    maxWorkers: 3,
  },
})
