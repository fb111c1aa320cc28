import { z } from '@hono/zod-openapi'
import { type Api, addEndpoint, type EndpointDeps } from './endpoint.ts'

export interface HealthDeps extends EndpointDeps {
  pingDatabase(): Promise<void>
  pingQueue(): Promise<void>
}

const deadlineMs = 2_000
const stateSchema = z.enum(['ok', 'away'])

/** `/healthz`: the process answers. `/readyz`: database and queue are in reach; 503 says which is away. */
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
      summary: 'Database and queue in reach',
      description: 'With 503 the body has the same form and says what is away.',
      answer: {
        status: 200,
        description: 'Ready',
        schema: z.object({ status: stateSchema, database: stateSchema, queue: stateSchema }),
      },
    },
    async ({ c }) => {
      const [database, queue] = await Promise.all([look(deps.pingDatabase), look(deps.pingQueue)])
      const status = database === 'ok' && queue === 'ok' ? 'ok' : 'away'
      return status === 'ok'
        ? c.json({ status, database, queue })
        : c.json({ status, database, queue }, 503, { 'Retry-After': '5' })
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
