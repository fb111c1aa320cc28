import { z } from '@hono/zod-openapi'
import { suppressionReasons } from '@sparekey/db/types'
import {
  listSuppressions,
  type Suppression,
  suppress,
  unknownRecipientDays,
  unsuppress,
} from '@sparekey/reset/suppressions'
import { type Api, addEndpoint } from '../endpoint.ts'
import { ownerOf, type V1Deps } from './deps.ts'
import {
  emailSchema,
  idParams,
  idSchema,
  listSchema,
  ofQuery,
  pageQuery,
  present,
  timeSchema,
  toList,
} from './schemas.ts'

const suppressionSchema = z
  .object({
    id: idSchema('sup'),
    applicationId: idSchema('app'),
    address: z
      .string()
      .openapi({ description: 'As it is compared: in lower case', example: 'anna@example.com' }),
    reason: z.enum(suppressionReasons).openapi({
      description: '`unknown_recipient`: a mail server said that there is no such mailbox',
    }),
    response: z.string().optional().openapi({ description: 'The mail server’s own words' }),
    createdAt: timeSchema,
    expiresAt: timeSchema
      .optional()
      .openapi({ description: 'An operator’s entry stays until it is deleted' }),
  })
  .openapi('Suppression')

/** An entry as it is answered. */
function toSuppression(entry: Suppression) {
  const { id, applicationId, addressKey, reason, response, createdAt, expiresAt } = entry
  return present({ id, applicationId, address: addressKey, reason, response, createdAt, expiresAt })
}

/** `/v1/suppressions`: addresses to which an application's reset mails do not go. */
export function addSuppressions(api: Api, deps: V1Deps): void {
  const { core } = deps
  const common = { tag: 'Suppressions', key: 'operator' as const, scopes: ['accounts:*' as const] }

  addEndpoint(
    api,
    deps,
    {
      ...common,
      method: 'post',
      path: '/v1/suppressions',
      id: 'createSuppression',
      audit: 'suppression.create',
      summary: 'Send no reset mails to an address',
      description:
        'Requests for it are `ignored` with the reason `suppressed`, and answered as ever. It stays until it is deleted; an entry that was there by itself stays then, too.',
      query: ofQuery,
      body: z.strictObject({ address: emailSchema }).openapi('NewSuppression'),
      errors: ['not_found'],
      answer: { status: 201, description: 'The entry', schema: suppressionSchema },
    },
    async ({ c, caller, query, body }) => {
      const entry = await suppress(core, ownerOf(caller, query.applicationId), body.address)
      c.set('target', entry.id)
      return c.json(toSuppression(entry), 201)
    },
  )

  addEndpoint(
    api,
    deps,
    {
      ...common,
      method: 'get',
      path: '/v1/suppressions',
      id: 'listSuppressions',
      summary: 'List addresses to which no reset mails go, newest first',
      description: `Where a mail server refuses a reset mail for good because there is no such mailbox (550, 551 or 553 with 5.1.1, 5.1.6 or 5.1.10), its address is here for ${unknownRecipientDays} days.`,
      query: pageQuery.extend({
        applicationId: idSchema('app').optional(),
        address: emailSchema.optional(),
      }),
      errors: ['not_found'],
      answer: {
        status: 200,
        description: 'A page of entries',
        schema: listSchema(suppressionSchema),
      },
    },
    async ({ c, caller, query: { applicationId, ...page } }) => {
      // All of them where the operator names no application.
      const owner =
        caller.kind === 'admin' && applicationId === undefined ? undefined : ownerOf(caller, applicationId)
      return c.json(toList(await listSuppressions(core, owner, page), toSuppression))
    },
  )

  addEndpoint(
    api,
    deps,
    {
      ...common,
      method: 'delete',
      path: '/v1/suppressions/{id}',
      id: 'deleteSuppression',
      audit: 'suppression.delete',
      summary: 'Send mails to an address again',
      params: idParams('sup'),
      query: ofQuery,
      answer: { status: 204, description: 'It is gone' },
    },
    async ({ c, caller, params, query }) => {
      await unsuppress(core, ownerOf(caller, query.applicationId), params.id)
      return c.body(null, 204)
    },
  )
}
