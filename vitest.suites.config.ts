import { defineConfig } from 'vitest/config'
import base from './vitest.config.ts'

const modules = '**/node_modules/**'
const timing = 'test/security/*-timing.test.ts'
const long = { ...base.test, globalSetup: [], env: { SPAREKEY_LONG: '1' } }

/**
 * The fault and the security suite in their long form: full counts, real leases, and the tests that measure time. These
 * run after all others and one at a time: another one beside it would be measured, too.
 */
export default defineConfig({
  test: {
    globalSetup: base.test?.globalSetup,
    projects: [
      {
        oxc: base.oxc,
        test: {
          ...long,
          name: 'suites',
          include: ['test/{faults,security}/**/*.test.ts'],
          exclude: [modules, timing],
          sequence: { groupOrder: 0 },
        },
      },
      {
        oxc: base.oxc,
        test: {
          ...long,
          name: 'timing',
          include: [timing],
          exclude: [modules],
          fileParallelism: false,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
})
