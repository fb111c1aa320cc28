import { createKey, listKeys, revokeKey } from '@sparekey/reset/keys'
import { type Api, addEndpoint } from '../endpoint.ts'
import { createdKeySchema, keyBody, keyListSchema } from './application-schemas.ts'
import type { V1Deps } from './deps.ts'
import { idParams, idSchema, pageQuery, present, toList } from './schemas.ts'

/** `/v1/applications/{id}/keys`: making, listing and revoking an application's keys. */
export function addKeys(api: Api, deps: V1Deps): void {
  const { core, forgetKeys } = deps
  const common = { tag: 'Applications', key: 'admin' as const }
  const path = '/v1/applications/{id}/keys'

  addEndpoint(
    api,
    deps,
    {
      ...common,
      method: 'post',
      path,
      id: 'createKey',
      audit: 'key.create',
      summary: 'Make a key',
      params: idParams('app'),
      body: keyBody,
      answer: { status: 201, description: 'The key; its text is shown this once', schema: createdKeySchema },
    },
    async ({ c, params, body: { kind, name, scopes, expiresAt } }) => {
      const options = { name, scopes, expiresAt: expiresAt === undefined ? null : new Date(expiresAt) }
      const made = await createKey(core, params.id, kind, options)
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
      path,
      id: 'listKeys',
      summary: 'List keys, newest first, revoked ones too',
      params: idParams('app'),
      query: pageQuery,
      answer: { status: 200, description: 'A page of keys', schema: keyListSchema },
    },
    async ({ c, params, query }) => c.json(toList(await listKeys(core, params.id, query), present)),
  )

  addEndpoint(
    api,
    deps,
    {
      ...common,
      method: 'delete',
      path: `${path}/{keyId}`,
      id: 'revokeKey',
      audit: 'key.revoke',
      summary: 'Revoke a key; it is refused everywhere within a second',
      params: idParams('app').extend({
        keyId: idSchema('key').openapi({ param: { name: 'keyId', in: 'path' } }),
      }),
      answer: { status: 204, description: 'It is revoked' },
    },
    async ({ c, params }) => {
      await revokeKey(core, params.id, params.keyId)
      forgetKeys()
      return c.body(null, 204)
    },
  )
}
