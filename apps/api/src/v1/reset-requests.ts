import { createHash } from 'node:crypto'
import { assertHuman } from '@sparekey/reset/human-proof/check'
import { cancelRequest, getRequest, resendRequest } from '@sparekey/reset/manage'
import { request } from '@sparekey/reset/request'
import { listRequests } from '@sparekey/reset/search'
import type { Context } from 'hono'
import type { Caller } from '../auth.ts'
import { parseInput } from '../body.ts'
import { type Api, addEndpoint, answerJson } from '../endpoint.ts'
import { headerOf } from '../incoming.ts'
import { canonicalJson } from '../json.ts'
import { ApiError } from '../problem.ts'
import { applicationIdOf, applicationOf, factsOf, limitAsking, type V1Deps } from './deps.ts'
import {
  acceptedSchema,
  requestBody,
  requestHeaders,
  requestListSchema,
  requestQuery,
  requestSchema,
} from './request-schemas.ts'
import { idParams, toList } from './schemas.ts'

const route = 'POST /v1/reset-requests'
/** What an Idempotency-Key is one of: who holds the publishable key, as anybody may, must not use up the server's. */
const routeOf = ({ kind }: Caller) => (kind === 'secret' ? route : `${route} ${kind}`)
const tag = 'Reset requests'

/** `/v1/reset-requests`: posting, reading, cancelling and sending again. */
export function addResetRequests(api: Api, deps: V1Deps): void {
  const { core, limits, clientOf } = deps

  addEndpoint(
    api,
    deps,
    {
      method: 'post',
      path: '/v1/reset-requests',
      id: 'createResetRequest',
      scopes: ['requests:write'],
      tag,
      summary: 'Ask for a reset',
      description: 'The answer is the same whether or not there is such an account; the mail follows.',
      key: 'any',
      cors: true,
      headers: requestHeaders,
      body: requestBody,
      errors: ['human_proof_required', 'idempotency_in_progress', 'idempotency_mismatch'],
      answer: {
        status: 202,
        description: 'Accepted',
        schema: acceptedSchema,
        headers: { Location: 'Where its state can be read, with a secret key' },
      },
    },
    async ({ c, caller, body }) => {
      const application = applicationOf(caller)
      if (caller.kind !== 'secret') {
        for (const name of ['client', 'recipient'] as const)
          if (body[name]) throw new ApiError('forbidden', `${name} is taken with a secret key only.`)
      }
      const client = factsOf(body.client ? { ...clientOf(c), ...body.client } : clientOf(c))
      // Without a person's address, a secret key's calls all come from the application's own server.
      if (body.client?.ip) {
        const { perAddressMinute } = application.limits
        await limits.takeAddress(`address:${application.id}`, body.client.ip, perAddressMinute)
      }
      const key = idempotencyKeyOf(c)
      if (caller.kind !== 'secret')
        await assertHuman(core, application, { proof: body.humanProof, ip: client.ip, retryKey: key })
      // Named one by one: to spread the body takes longer.
      const { id } = await request(core, {
        application,
        dialect: 'sparekey',
        login: body.login,
        locale: body.locale,
        redirectUrl: body.redirectUrl,
        metadata: body.metadata,
        recipient: body.recipient,
        client,
        idempotency:
          key === undefined
            ? undefined
            : { key, body: digestOf({ ...body, humanProof: undefined }), route: routeOf(caller) },
      })
      c.set('target', id)
      return answerJson(c, 202, { id, status: 'accepted' }, { Location: `/v1/reset-requests/${id}` })
    },
    limitAsking(deps),
  )

  addEndpoint(
    api,
    deps,
    {
      method: 'get',
      path: '/v1/reset-requests',
      id: 'listResetRequests',
      scopes: ['requests:read'],
      tag,
      summary: 'List requests, newest first',
      description:
        'A search looks at 20,000 requests a call at most. So a page may hold fewer than `limit`, or none, and have a ' +
        '`nextCursor` all the same: the search goes on with it, further back. It is over where `nextCursor` is null.',
      key: 'operator',
      query: requestQuery,
      answer: { status: 200, description: 'A page of requests', schema: requestListSchema },
    },
    async ({ c, caller, query }) => {
      const { applicationId, from, to, ...rest } = query
      const scope = applicationIdOf(caller)
      // Another's requests are not there for this key.
      if (scope !== undefined && applicationId !== undefined && applicationId !== scope)
        return c.json({ items: [], nextCursor: null })
      const times = {
        from: from === undefined ? from : new Date(from),
        to: to === undefined ? to : new Date(to),
      }
      const page = await listRequests(core, scope ?? applicationId, { ...rest, ...times })
      return c.json(toList(page, item => item))
    },
  )

  addEndpoint(
    api,
    deps,
    {
      method: 'get',
      path: '/v1/reset-requests/{id}',
      id: 'getResetRequest',
      scopes: ['requests:read'],
      tag,
      summary: 'Read a request and what became of its mails',
      key: 'operator',
      params: idParams('req'),
      answer: { status: 200, description: 'The request', schema: requestSchema },
    },
    async ({ c, caller, params }) => c.json(await getRequest(core, applicationIdOf(caller), params.id)),
  )

  const changes = [
    { name: 'cancel', id: 'cancelResetRequest', summary: 'Cancel a request', verb: cancelRequest },
    {
      name: 'resend',
      id: 'resendResetRequest',
      summary: 'Send the mail again; the old token is void',
      verb: resendRequest,
    },
  ]
  for (const { name, id, summary, verb } of changes) {
    addEndpoint(
      api,
      deps,
      {
        method: 'post',
        path: `/v1/reset-requests/{id}/${name}`,
        id,
        // The answer holds what a key that only asks is not to read; a refusal tells of it, too.
        scopes: ['requests:write', 'requests:read'],
        audit: `request.${name}`,
        tag,
        summary,
        key: 'operator',
        params: idParams('req'),
        answer: { status: 200, description: 'The request', schema: requestSchema },
      },
      async ({ c, caller, params }) => {
        const changed = await verb(core, applicationIdOf(caller), params.id)
        c.set('applicationId', changed.applicationId)
        return c.json(changed)
      },
    )
  }
}

function idempotencyKeyOf(c: Context): string | undefined {
  const given = headerOf(c, 'idempotency-key')
  if (given === undefined) return undefined
  return parseInput(requestHeaders, { 'Idempotency-Key': given })['Idempotency-Key']
}

const digestOf = (body: unknown) => createHash('sha256').update(canonicalJson(body)).digest()
