/** Webhook endpoints and deliveries as they are posted and answered. */
import { z } from '@hono/zod-openapi'
import { webhookEvents } from '@sparekey/db/types'
import type { replayDelivery } from '@sparekey/reset/webhooks/endpoints'
import { idSchema, lineSchema, ofQuery, pageQuery, present, timeSchema } from './schemas.ts'

const urlSchema = lineSchema(2000).openapi({
  format: 'uri',
  example: 'https://app.example.com/hooks/sparekey',
})
const eventsSchema = z.array(z.enum(webhookEvents)).min(1).max(webhookEvents.length)

export const deliveryQuery = pageQuery.extend(ofQuery.shape)
export const endpointQuery = pageQuery.extend({
  applicationId: idSchema('app').optional(),
  failed: z
    .enum(['true'])
    .optional()
    .openapi({ description: 'Only those that were switched off because they failed' }),
})

const members = {
  id: idSchema('hook'),
  applicationId: idSchema('app'),
  url: z.string(),
  events: z.array(z.enum(webhookEvents)),
  enabled: z.boolean(),
  disabledReason: z
    .string()
    .optional()
    .openapi({ description: 'Where it was switched off because it failed' }),
  failingSince: timeSchema.optional(),
  createdAt: timeSchema,
}
const secretMember = z
  .string()
  .openapi({ description: 'Signs by Standard Webhooks. Shown once', example: 'whsec_…' })
export const endpointSchema = z.object(members).openapi('WebhookEndpoint')
export const createdEndpointSchema = z
  .object({ ...members, secret: secretMember })
  .openapi('CreatedWebhookEndpoint')
export const rotatedSchema = z.object({ secret: secretMember })
export const endpointBody = z
  .strictObject({ url: urlSchema, events: eventsSchema.optional() })
  .openapi('NewWebhookEndpoint')
export const endpointPatch = z
  .strictObject({
    url: urlSchema.optional(),
    events: eventsSchema.optional(),
    enabled: z.boolean().optional(),
  })
  .openapi('WebhookEndpointPatch')

const attemptSchema = z.object({
  at: timeSchema,
  status: z.int().optional().openapi({ description: 'Of the answer, where one came' }),
  error: z.string().optional().openapi({ description: 'Why it was no delivery', example: 'timeout' }),
  durationMs: z.int().optional().openapi({ description: 'Where something was sent' }),
})
export const deliverySchema = z
  .object({
    id: idSchema('msg').openapi({ description: 'The `webhook-id` of every try' }),
    event: z.enum(webhookEvents),
    payload: z.record(z.string(), z.unknown()),
    status: z.enum(['queued', 'delivered', 'failed']),
    tries: z.int(),
    lastStatus: z.int().optional(),
    lastError: z.string().optional(),
    attempts: z.array(attemptSchema).openapi({
      description: 'The last ten tries, oldest first, those before a replay among them',
    }),
    createdAt: timeSchema,
    nextTryAt: timeSchema.optional(),
    endedAt: timeSchema.optional(),
  })
  .openapi('WebhookDelivery')

type Delivery = Awaited<ReturnType<typeof replayDelivery>>
/** A delivery as it is answered: when the next try is due says something only while there is one. */
export function toDelivery(delivery: Delivery) {
  const {
    id,
    event,
    payload,
    status,
    tries,
    lastStatus,
    lastError,
    attempts,
    createdAt,
    nextTryAt,
    endedAt,
  } = delivery
  const next = status === 'queued' ? nextTryAt : null
  return present({
    id,
    event,
    payload,
    status,
    tries,
    lastStatus,
    lastError,
    attempts,
    createdAt,
    nextTryAt: next,
    endedAt,
  })
}
