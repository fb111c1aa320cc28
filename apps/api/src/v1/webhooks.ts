import { z } from '@hono/zod-openapi'
import { webhookEvents } from '@sparekey/db/types'
import {
  createEndpoint,
  deleteEndpoint,
  listDeliveries,
  listEndpoints,
  replayDelivery,
  rotateSecret,
  updateEndpoint,
} from '@sparekey/reset/webhooks/endpoints'
import { type Api, addEndpoint } from '../endpoint.ts'
import { applicationOf, type V1Deps } from './deps.ts'
import {
  idParams,
  idSchema,
  lineSchema,
  listSchema,
  pageQuery,
  present,
  timeSchema,
  toList,
} from './schemas.ts'

const urlSchema = lineSchema(2000).openapi({
  format: 'uri',
  example: 'https://app.example.com/hooks/sparekey',
})
const eventsSchema = z.array(z.enum(webhookEvents)).min(1).max(webhookEvents.length)

const members = {
  id: idSchema('hook'),
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
const endpointSchema = z.object(members).openapi('WebhookEndpoint')
const deliverySchema = z
  .object({
    id: idSchema('msg').openapi({ description: 'The `webhook-id` of every try' }),
    event: z.enum(webhookEvents),
    payload: z.record(z.string(), z.unknown()),
    status: z.enum(['queued', 'delivered', 'failed']),
    tries: z.int(),
    lastStatus: z.int().optional(),
    lastError: z.string().optional(),
    createdAt: timeSchema,
    nextTryAt: timeSchema.optional(),
    endedAt: timeSchema.optional(),
  })
  .openapi('WebhookDelivery')

type Delivery = Awaited<ReturnType<typeof replayDelivery>>
function toDelivery(delivery: Delivery) {
  const { id, event, payload, status, tries, lastStatus, lastError, createdAt, nextTryAt, endedAt } = delivery
  const next = status === 'queued' ? nextTryAt : null
  return present({
    id,
    event,
    payload,
    status,
    tries,
    lastStatus,
    lastError,
    createdAt,
    nextTryAt: next,
    endedAt,
  })
}

/** `/v1/webhooks`: where an application is told what happened, and what became of the telling. */
export function addWebhooks(api: Api, deps: V1Deps): void {
  const { core, forgetKeys } = deps
  const common = { tag: 'Webhooks', key: 'secret' as const }
  const one = { ...common, params: idParams('hook') }

  addEndpoint(
    api,
    deps,
    {
      ...common,
      method: 'post',
      path: '/v1/webhooks',
      id: 'createWebhook',
      scope: 'admin:*',
      audit: 'webhook.create',
      summary: 'Add an endpoint',
      description: 'Every event unless `events` says which. Each delivery is tried for three days.',
      body: z.strictObject({ url: urlSchema, events: eventsSchema.optional() }).openapi('NewWebhookEndpoint'),
      answer: {
        status: 201,
        description: 'The endpoint; its secret is shown this once',
        schema: z.object({ ...members, secret: secretMember }).openapi('CreatedWebhookEndpoint'),
      },
    },
    async ({ c, caller, body }) => {
      const made = await createEndpoint(core, applicationOf(caller).id, body)
      forgetKeys()
      c.set('target', made.id)
      return c.json(present(made), 201)
    },
  )
  addEndpoint(
    api,
    deps,
    {
      ...common,
      method: 'get',
      path: '/v1/webhooks',
      id: 'listWebhooks',
      scope: 'admin:*',
      summary: 'List endpoints, newest first',
      query: pageQuery,
      answer: { status: 200, description: 'A page of endpoints', schema: listSchema(endpointSchema) },
    },
    async ({ c, caller, query }) =>
      c.json(toList(await listEndpoints(core, applicationOf(caller).id, query), present)),
  )
  addEndpoint(
    api,
    deps,
    {
      ...one,
      method: 'patch',
      path: '/v1/webhooks/{id}',
      id: 'updateWebhook',
      scope: 'admin:*',
      audit: 'webhook.update',
      summary: 'Change an endpoint, switch it off or on again',
      body: z
        .strictObject({
          url: urlSchema.optional(),
          events: eventsSchema.optional(),
          enabled: z.boolean().optional(),
        })
        .openapi('WebhookEndpointPatch'),
      answer: { status: 200, description: 'The endpoint', schema: endpointSchema },
    },
    async ({ c, caller, params, body }) => {
      const changed = await updateEndpoint(core, applicationOf(caller).id, params.id, body)
      forgetKeys()
      return c.json(present(changed))
    },
  )
  addEndpoint(
    api,
    deps,
    {
      ...one,
      method: 'delete',
      path: '/v1/webhooks/{id}',
      id: 'deleteWebhook',
      scope: 'admin:*',
      audit: 'webhook.delete',
      summary: 'Delete an endpoint with its deliveries',
      answer: { status: 204, description: 'It is gone' },
    },
    async ({ c, caller, params }) => {
      await deleteEndpoint(core, applicationOf(caller).id, params.id)
      return c.body(null, 204)
    },
  )
  addEndpoint(
    api,
    deps,
    {
      ...one,
      method: 'post',
      path: '/v1/webhooks/{id}/rotate-secret',
      id: 'rotateWebhookSecret',
      scope: 'admin:*',
      audit: 'webhook.rotate_secret',
      summary: 'Make a new signing secret',
      description: 'The old one signs beside it for 24 hours.',
      answer: { status: 200, description: 'Shown this once', schema: z.object({ secret: secretMember }) },
    },
    async ({ c, caller, params }) => c.json(await rotateSecret(core, applicationOf(caller).id, params.id)),
  )
  addEndpoint(
    api,
    deps,
    {
      ...one,
      method: 'get',
      path: '/v1/webhooks/{id}/deliveries',
      id: 'listWebhookDeliveries',
      scope: 'admin:*',
      summary: 'What was delivered, newest first',
      query: pageQuery,
      answer: { status: 200, description: 'A page of deliveries', schema: listSchema(deliverySchema) },
    },
    async ({ c, caller, params, query }) =>
      c.json(toList(await listDeliveries(core, applicationOf(caller).id, params.id, query), toDelivery)),
  )
  addEndpoint(
    api,
    deps,
    {
      ...common,
      params: idParams('hook').extend({
        deliveryId: idSchema('msg').openapi({ param: { name: 'deliveryId', in: 'path' } }),
      }),
      method: 'post',
      path: '/v1/webhooks/{id}/deliveries/{deliveryId}/replay',
      id: 'replayWebhookDelivery',
      scope: 'admin:*',
      audit: 'webhook.replay',
      summary: 'Deliver once more',
      answer: { status: 200, description: 'The delivery', schema: deliverySchema },
    },
    async ({ c, caller, params }) =>
      c.json(toDelivery(await replayDelivery(core, applicationOf(caller).id, params.id, params.deliveryId))),
  )
}
