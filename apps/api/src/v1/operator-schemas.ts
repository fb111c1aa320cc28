/** What operators read: queues, figures, workers. Times are ISO 8601 UTC, durations seconds. */
import { z } from '@hono/zod-openapi'
import { listSchema, timeSchema } from './schemas.ts'

export const queueNameSchema = z.enum(['mail', 'webhook', 'housekeeping'])
export const jobStateSchema = z.enum(['waiting', 'active', 'delayed', 'failed', 'completed'])
const count = z.int().min(0)

export const queueSchema = z
  .object({
    name: queueNameSchema,
    paused: z.boolean(),
    counts: z.object({
      waiting: count,
      active: count,
      delayed: count,
      failed: count,
      completed: count,
    }),
    oldestWaitingSeconds: z.number().nullable().openapi({
      description:
        'How long the oldest mail has waited to go out, or the oldest webhook for its first try; null: none does',
    }),
  })
  .openapi('Queue')
export const queueListSchema = z.object({ items: z.array(queueSchema) })

export const jobSchema = z
  .object({
    id: z.string(),
    state: jobStateSchema,
    data: z.record(z.string(), z.string()).openapi({ description: 'Ids only' }),
    attempts: count,
    createdAt: timeSchema,
    runAt: timeSchema.optional().openapi({ description: 'When a delayed job is due' }),
    startedAt: timeSchema.optional(),
    finishedAt: timeSchema.optional(),
    error: z.string().optional().openapi({ description: 'Class and code of the last error' }),
  })
  .openapi('Job')
export const jobListSchema = listSchema(jobSchema)

export const windowSchema = z.enum(['5m', '1h', '24h', '7d'])

const countsOf = {
  accepted: count,
  sent: count,
  failed: count,
  ignored: count,
  used: count,
}
const serverSchema = z.object({
  server: z.string().openapi({ example: 'smtp.example.com:587' }),
  accepted: count,
  refused: count,
  later: count,
  throttled: count,
  lost_before_data: count,
  lost_after_data: count,
})

export const statsSchema = z
  .object({
    window: windowSchema,
    from: timeSchema,
    to: timeSchema,
    totals: z.object(countsOf),
    ignoredBy: z.object({ no_account: count, suppressed: count, recipient_limit: count, duplicate: count }),
    failedBy: z
      .object({ refused: count, out_of_tries: count, out_of_time: count, unsendable: count })
      .openapi({
        description:
          'Why requests failed. `unsendable`: no mail could be made, or the key of its token is gone',
      }),
    rates: z
      .object({ accepted: z.number(), sent: z.number() })
      .openapi({ description: 'A second, over the window' }),
    waiting: z
      .object({ requests: count, oldestSeconds: z.number().nullable() })
      .openapi({ description: 'Accepted or being sent now' }),
    latency: z
      .object({ count, p50: z.number().nullable(), p95: z.number().nullable(), p99: z.number().nullable() })
      .openapi({ description: 'From the POST to the mail server’s 250, seconds' }),
    servers: z.array(serverSchema).openapi({ description: 'Attempts by mail server and outcome' }),
    applications: z
      .array(z.object({ id: z.string(), slug: z.string(), name: z.string(), ...countsOf }))
      .openapi({
        description: 'Those with the most failures, then those with the most requests; 20 at most',
      }),
    applicationCount: count.openapi({ description: 'How many had requests or failures, at least' }),
    dialects: z.array(z.object({ name: z.string(), ...countsOf })),
    series: z
      .array(z.object({ at: timeSchema, accepted: count, sent: count, failed: count, used: count }))
      .openapi({
        description: 'By minute for 5m and 1h, by hour for 24h and 7d; empty moments are there as zeros',
      }),
  })
  .openapi('Stats')

export const workerSchema = z
  .object({
    id: z.string(),
    host: z.string(),
    pid: z.int(),
    startedAt: timeSchema,
    seenAt: timeSchema,
    alive: z.boolean().openapi({ description: 'Heard of in the last 20 seconds' }),
    concurrency: z.int(),
    busy: count.openapi({ description: 'Mails in its hands' }),
    servers: z
      .array(z.string())
      .openapi({ description: 'Its mail servers, in the order in which they are tried' }),
  })
  .openapi('Worker')
export const workerListSchema = z.object({ items: z.array(workerSchema) })

/** One `figures` event of `GET /v1/stream`: every 2 seconds. */
export const figuresSchema = z
  .object({
    at: timeSchema,
    queues: z.array(queueSchema).nullable().openapi({ description: 'Null while the queue is out of reach' }),
    workers: z.array(workerSchema),
    stats: statsSchema.openapi({ description: 'Of the last 5 minutes' }),
  })
  .openapi('Figures')

export const sessionSchema = z
  .object({ expiresAt: timeSchema.openapi({ description: 'Unless something is done before' }) })
  .openapi('Session')

export const previewSchema = z
  .object({ subject: z.string(), html: z.string(), text: z.string() })
  .openapi('MailPreview')
