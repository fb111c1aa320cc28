import { defineConfig, mergeConfig } from 'vitest/config'
import base from './vitest.config.ts'

/** The fault and the security suite, which take minutes each and are run apart from `npm test`. */
export default defineConfig(
  mergeConfig(
    { ...base, test: { ...base.test, include: [], exclude: [] } },
    {
      test: { include: ['test/{faults,security}/**/*.test.ts'], exclude: ['**/node_modules/**'] },
    },
  ),
)
