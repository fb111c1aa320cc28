import { defineConfig, mergeConfig } from 'vitest/config'
import base from './vitest.config.ts'

/** The fault and the security suite in their long form: full counts, real leases, and the tests that measure time. */
export default defineConfig(
  mergeConfig(
    { ...base, test: { ...base.test, include: [], exclude: [] } },
    {
      test: {
        include: ['test/{faults,security}/**/*.test.ts'],
        exclude: ['**/node_modules/**'],
        env: { SPAREKEY_LONG: '1' },
        // One file at a time: another one beside it would be measured, too.
        fileParallelism: false,
      },
    },
  ),
)
