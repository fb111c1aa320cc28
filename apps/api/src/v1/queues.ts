import { z } from '@hono/zod-openapi'
import type { Queues } from '@sparekey/queue/queues'
import { invalid } from '@sparekey/reset/errors'
import { type Api, addEndpoint } from '../endpoint.ts'
import { viewQueues } from '../queue-views.ts'
import type { V1Deps } from './deps.ts'
import {
  jobListSchema,
  jobStateSchema,
  queueListSchema,
  queueNameSchema,
  queueSchema,
} from './operator-schemas.ts'
import { pageQuery } from './schemas.ts'

export interface QueueDeps extends V1Deps {
  queues: Pick<Queues, 'view' | 'jobs' | 'retry' | 'pause' | 'resume'>
}

/** `/v1/queues`: what waits, what failed, and what to do about it. */
export function addQueues(api: Api, deps: QueueDeps): void {
  const { queues } = deps
  const common = { tag: 'Operation', key: 'admin' as const }
  const params = z.strictObject({ name: queueNameSchema.openapi({ param: { name: 'name', in: 'path' } }) })
  const one = { ...common, params }

  addEndpoint(
    api,
    deps,
    {
      ...common,
      method: 'get',
      path: '/v1/queues',
      id: 'listQueues',
      summary: 'Queues: how many jobs are in each state, and how long the oldest has waited',
      answer: { status: 200, description: 'Every queue', schema: queueListSchema },
    },
    async ({ c }) => c.json({ items: await viewQueues(deps.core, queues) }),
  )

  addEndpoint(
    api,
    deps,
    {
      ...one,
      method: 'get',
      path: '/v1/queues/{name}/jobs',
      id: 'listJobs',
      summary: 'Jobs of a queue in one state',
      description:
        'What waits comes in the order in which it will run, the rest newest first. Pages may shift meanwhile.',
      query: pageQuery.extend({ state: jobStateSchema }),
      answer: { status: 200, description: 'A page of jobs', schema: jobListSchema },
    },
    async ({ c, params, query }) => {
      const { state, limit, cursor } = query
      const offset = offsetOf(cursor)
      const jobs = await queues.jobs(params.name, state, { offset, limit: limit + 1 })
      return c.json({
        items: jobs.slice(0, limit),
        nextCursor: jobs.length > limit ? Buffer.from(`${offset + limit}`).toString('base64url') : null,
      })
    },
  )

  addEndpoint(
    api,
    deps,
    {
      ...one,
      method: 'post',
      path: '/v1/queues/{name}/retry',
      id: 'retryJobs',
      audit: 'queue.retry',
      summary: 'Let a failed job, or all of them, run again',
      body: z.strictObject({ jobId: z.string().min(1).max(200).optional() }),
      answer: { status: 200, description: 'How many', schema: z.object({ retried: z.int() }) },
    },
    async ({ c, params, body }) => c.json({ retried: await queues.retry(params.name, body.jobId) }),
  )

  for (const { verb, summary, description } of [
    {
      verb: 'pause' as const,
      summary: 'Keep workers from taking further jobs',
      description:
        'Jobs in hand are finished; what comes in waits, and is too late after `deliverWithinMinutes`.',
    },
    { verb: 'resume' as const, summary: 'Let workers take jobs again', description: '' },
  ]) {
    addEndpoint(
      api,
      deps,
      {
        ...one,
        method: 'post',
        path: `/v1/queues/{name}/${verb}`,
        id: `${verb}Queue`,
        audit: `queue.${verb}`,
        summary,
        description,
        answer: { status: 200, description: 'The queue', schema: queueSchema },
      },
      async ({ c, params: { name } }) => {
        await queues[verb](name)
        const [view] = await viewQueues(deps.core, queues, [name])
        return c.json(view)
      },
    )
  }
}

function offsetOf(cursor: string | undefined): number {
  if (cursor === undefined) return 0
  const text = Buffer.from(cursor, 'base64url').toString('utf8')
  if (!/^[1-9]\d{0,8}$/.test(text)) throw invalid('cursor', 'must be the nextCursor of an earlier page')
  return Number(text)
}
