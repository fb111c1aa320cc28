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
import { ownerOf, type V1Deps } from './deps.ts'
import { idParams, idSchema, listSchema, ofQuery, present, toList } from './schemas.ts'
import {
  createdEndpointSchema,
  deliveryQuery,
  deliverySchema,
  endpointBody,
  endpointPatch,
  endpointQuery,
  endpointSchema,
  rotatedSchema,
  toDelivery,
} from './webhook-schemas.ts'

/** `/v1/webhooks`: where an application is told what happened, and what became of the telling. */
export function addWebhooks(api: Api, deps: V1Deps): void {
  const { core, forgetKeys } = deps
  const common = { tag: 'Webhooks', key: 'operator' as const }
  const one = { ...common, params: idParams('hook'), query: ofQuery }

  addEndpoint(
    api,
    deps,
    {
      ...common,
      method: 'post',
      path: '/v1/webhooks',
      id: 'createWebhook',
      scopes: ['admin:*'],
      audit: 'webhook.create',
      summary: 'Add an endpoint',
      query: ofQuery,
      description: 'Every event unless `events` says which. Each delivery is tried for three days.',
      body: endpointBody,
      errors: ['not_found'],
      answer: {
        status: 201,
        description: 'The endpoint; its secret is shown this once',
        schema: createdEndpointSchema,
      },
    },
    async ({ c, caller, query, body }) => {
      const made = await createEndpoint(core, ownerOf(caller, query.applicationId), body)
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
      scopes: ['admin:*'],
      summary: 'List endpoints, newest first',
      query: endpointQuery,
      errors: ['not_found'],
      answer: { status: 200, description: 'A page of endpoints', schema: listSchema(endpointSchema) },
    },
    async ({ c, caller, query: { applicationId, failed, ...page } }) => {
      // All of them where the operator names no application.
      const owner =
        caller.kind === 'admin' && applicationId === undefined ? undefined : ownerOf(caller, applicationId)
      const found = await listEndpoints(core, owner, { ...page, failed: failed === 'true' })
      return c.json(toList(found, present))
    },
  )
  addEndpoint(
    api,
    deps,
    {
      ...one,
      method: 'patch',
      path: '/v1/webhooks/{id}',
      id: 'updateWebhook',
      scopes: ['admin:*'],
      audit: 'webhook.update',
      summary: 'Change an endpoint, switch it off or on again',
      body: endpointPatch,
      answer: { status: 200, description: 'The endpoint', schema: endpointSchema },
    },
    async ({ c, caller, params, query, body }) => {
      const changed = await updateEndpoint(core, ownerOf(caller, query.applicationId), params.id, body)
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
      scopes: ['admin:*'],
      audit: 'webhook.delete',
      summary: 'Delete an endpoint with its deliveries',
      answer: { status: 204, description: 'It is gone' },
    },
    async ({ c, caller, params, query }) => {
      await deleteEndpoint(core, ownerOf(caller, query.applicationId), params.id)
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
      scopes: ['admin:*'],
      audit: 'webhook.rotate_secret',
      summary: 'Make a new signing secret',
      description: 'The old one signs beside it for 24 hours.',
      answer: { status: 200, description: 'Shown this once', schema: rotatedSchema },
    },
    async ({ c, caller, params, query }) =>
      c.json(await rotateSecret(core, ownerOf(caller, query.applicationId), params.id)),
  )
  addEndpoint(
    api,
    deps,
    {
      ...one,
      method: 'get',
      path: '/v1/webhooks/{id}/deliveries',
      id: 'listWebhookDeliveries',
      scopes: ['admin:*'],
      summary: 'What was delivered, newest first',
      query: deliveryQuery,
      answer: { status: 200, description: 'A page of deliveries', schema: listSchema(deliverySchema) },
    },
    async ({ c, caller, params, query: { applicationId, ...page } }) =>
      c.json(toList(await listDeliveries(core, ownerOf(caller, applicationId), params.id, page), toDelivery)),
  )
  addEndpoint(
    api,
    deps,
    {
      ...common,
      params: idParams('hook').extend({
        deliveryId: idSchema('msg').openapi({ param: { name: 'deliveryId', in: 'path' } }),
      }),
      query: ofQuery,
      method: 'post',
      path: '/v1/webhooks/{id}/deliveries/{deliveryId}/replay',
      id: 'replayWebhookDelivery',
      scopes: ['admin:*'],
      audit: 'webhook.replay',
      summary: 'Deliver once more',
      answer: { status: 200, description: 'The delivery', schema: deliverySchema },
    },
    async ({ c, caller, params, query }) =>
      c.json(
        toDelivery(
          await replayDelivery(core, ownerOf(caller, query.applicationId), params.id, params.deliveryId),
        ),
      ),
  )
}
