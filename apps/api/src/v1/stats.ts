import { z } from '@hono/zod-openapi'
import { readStats } from '@sparekey/reset/stats'
import { listWorkers } from '@sparekey/reset/workers'
import { streamSSE } from 'hono/streaming'
import { type Api, addEndpoint } from '../endpoint.ts'
import type { Live } from '../live.ts'
import type { V1Deps } from './deps.ts'
import { statsSchema, windowSchema, workerListSchema } from './operator-schemas.ts'
import { idSchema, lineSchema } from './schemas.ts'

export interface StatsDeps extends V1Deps {
  live: Live
}

/** How often a session behind a stream is looked at: one that is over sees no more. */
const checkEveryMs = 30_000

/** `/v1/stats`, `/v1/workers`, `/v1/stream`: figures for operators. */
export function addStats(api: Api, deps: StatsDeps): void {
  const { core, live } = deps
  const common = { tag: 'Operation', key: 'admin' as const, method: 'get' as const }

  addEndpoint(
    api,
    deps,
    {
      ...common,
      path: '/v1/stats',
      id: 'getStats',
      summary: 'What happened in a window that ends now',
      description: 'Of one application, of one dialect, of an application in a dialect, or of all.',
      query: z.strictObject({
        window: windowSchema.default('1h'),
        applicationId: idSchema('app').optional(),
        dialect: lineSchema(40).optional(),
      }),
      answer: { status: 200, description: 'The figures', schema: statsSchema },
    },
    async ({ c, query }) => c.json(await readStats(core, query)),
  )

  addEndpoint(
    api,
    deps,
    {
      ...common,
      path: '/v1/workers',
      id: 'listWorkers',
      summary: 'Workers that are alive, or went away without a word in the last 5 minutes',
      answer: { status: 200, description: 'The workers', schema: workerListSchema },
    },
    async ({ c }) => c.json({ items: await listWorkers(core) }),
  )

  addEndpoint(
    api,
    deps,
    {
      ...common,
      path: '/v1/stream',
      id: 'watch',
      summary: 'Figures every 2 seconds, as server-sent events',
      description: 'Events are called `figures`; their data has the form of `Figures`.',
      answer: {
        status: 200,
        description: 'A stream of events',
        schema: z.string(),
        type: 'text/event-stream',
      },
    },
    ({ c }) => {
      c.header('X-Accel-Buffering', 'no')
      return streamSSE(c, async stream => {
        const left = new AbortController()
        const ended = new Promise<void>(resolve => {
          stream.onAbort(resolve)
          live.closed.addEventListener('abort', () => resolve(), { signal: left.signal })
        })
        const stop = live.watch(data => void stream.writeSSE({ event: 'figures', data }).catch(() => {}))
        const check = setInterval(() => {
          deps.authenticate(c, 'admin').catch(() => stream.abort())
        }, checkEveryMs)
        await ended
        clearInterval(check)
        left.abort()
        stop()
      })
    },
  )
}
