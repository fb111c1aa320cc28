import { z } from '@hono/zod-openapi'
import { type Api, addEndpoint, type EndpointDeps } from './endpoint.ts'

export interface HealthDeps extends EndpointDeps {
  pingDatabase(): Promise<void>
  pingQueue(): Promise<void>
}

const deadlineMs = 2_000
const stateSchema = z.enum(['ok', 'away'])

/**
 * `/healthz`: the process answers. `/readyz`: the database is in reach, without which nothing works, else 503. Without the
 * queue requests are taken all the same, since the row is the truth: that is 200, and `degraded`.
 */
export function addHealth(api: Api, deps: HealthDeps): void {
  const common = { tag: 'Health', key: 'none' as const, method: 'get' as const }
  addEndpoint(
    api,
    deps,
    {
      ...common,
      path: '/healthz',
      id: 'health',
      summary: 'Alive',
      answer: { status: 200, description: 'Alive', schema: z.object({ status: z.literal('ok') }) },
    },
    ({ c }) => c.json({ status: 'ok' }),
  )
  addEndpoint(
    api,
    deps,
    {
      ...common,
      path: '/readyz',
      id: 'readiness',
      summary: 'Database in reach',
      description:
        'Where only the queue is away it is `degraded` and still 200: requests are taken, and their mails go out when it is back. With 503 the body has the same form, and its status is `away`.',
      answer: {
        status: 200,
        description: 'Ready',
        schema: z.object({
          status: z.enum(['ok', 'degraded', 'away']),
          database: stateSchema,
          queue: stateSchema,
        }),
      },
    },
    async ({ c }) => {
      const [database, queue] = await Promise.all([look(deps.pingDatabase), look(deps.pingQueue)])
      if (database === 'away')
        return c.json({ status: database, database, queue }, 503, { 'Retry-After': '5' })
      return c.json({ status: queue === 'ok' ? 'ok' : 'degraded', database, queue })
    },
  )
}

async function look(ping: () => Promise<void>): Promise<'ok' | 'away'> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<'away'>(resolve => {
    timer = setTimeout(() => resolve('away'), deadlineMs)
  })
  try {
    return await Promise.race([ping().then(() => 'ok' as const), late])
  } catch {
    return 'away'
  } finally {
    clearTimeout(timer)
  }
}
