import { createRenderer } from '@sparekey/mail/render'
import { createMetrics } from '@sparekey/metrics/metrics'
import type { Context as CoreContext } from '@sparekey/reset/context'
import { createApp } from '../src/app.ts'
import { createLimits } from '../src/limits.ts'
import { createLive } from '../src/live.ts'

const log = { debug() {}, info() {}, warn() {}, error() {} }
export const adminKey = 'an-admin-key-of-the-tests'

/** The app over a database that fails with `failure`: for what is decided before or without a database. */
export function appWithout(
  failure: unknown = new Error('no database in this test'),
  { keys = 'unknown' }: { keys?: 'unknown' | 'failing' } = {},
) {
  const fail = () => {
    throw failure
  }
  const db = new Proxy({}, { get: () => fail }) as CoreContext['db']
  return createApp({
    core: { db, queues: { add: async () => {} }, secrets: [], log },
    credentials: { forget() {}, find: async () => (keys === 'failing' ? fail() : undefined) },
    adminKey,
    publicUrl: 'https://reset.example.com',
    trustProxy: [],
    limits: createLimits({ log }),
    queues: { view: fail, jobs: fail, retry: fail, pause: fail, resume: fail, board: fail },
    live: createLive({ core: { db }, queues: { view: fail } }),
    renderer: createRenderer(),
    pingDatabase: async () => fail(),
    pingQueue: async () => {},
    metrics: createMetrics({
      queues: [],
      counts: async () => ({}),
      waiting: async () => ({ requests: 0, oldestSeconds: null }),
      ages: async () => ({}),
    }),
    log,
  })
}
