import { z } from '@hono/zod-openapi'
import { importAccounts } from '@sparekey/reset/account-import'
import {
  createAccount,
  deleteAccount,
  getAccount,
  listAccounts,
  updateAccount,
  verifyAccount,
} from '@sparekey/reset/accounts'
import { readLines } from '../body.ts'
import { type Api, addEndpoint } from '../endpoint.ts'
import {
  accountBody,
  accountListSchema,
  accountPatch,
  accountSchema,
  importSchema,
  toAccount,
} from './account-schemas.ts'
import { applicationOf, limitGuesses, type V1Deps } from './deps.ts'
import { idParams, loginSchema, pageQuery, passwordSchema, toList } from './schemas.ts'

const tag = 'Accounts'

/** `/v1/accounts`: the built-in directory. */
export function addAccounts(api: Api, deps: V1Deps): void {
  const { core } = deps
  const one = { tag, key: 'secret' as const, params: idParams('acc') }

  addEndpoint(
    api,
    deps,
    {
      method: 'post',
      path: '/v1/accounts',
      id: 'createAccount',
      scopes: ['accounts:*'],
      audit: 'account.create',
      tag,
      summary: 'Add an account',
      key: 'secret',
      body: accountBody,
      errors: ['password_refused'],
      answer: {
        status: 201,
        description: 'The account',
        schema: accountSchema,
        headers: { Location: 'Where it can be read' },
      },
    },
    async ({ c, caller, body }) => {
      const account = toAccount(await createAccount(core, applicationOf(caller), body))
      c.set('target', account.id)
      return c.json(account, 201, { Location: `/v1/accounts/${account.id}` })
    },
  )

  addEndpoint(
    api,
    deps,
    {
      method: 'get',
      path: '/v1/accounts',
      id: 'listAccounts',
      scopes: ['accounts:*'],
      tag,
      summary: 'List accounts, newest first',
      key: 'secret',
      query: pageQuery.extend({ login: loginSchema.optional() }),
      answer: { status: 200, description: 'A page of accounts', schema: accountListSchema },
    },
    async ({ c, caller, query }) =>
      c.json(toList(await listAccounts(core, applicationOf(caller), query), toAccount)),
  )

  addEndpoint(
    api,
    deps,
    {
      ...one,
      method: 'get',
      path: '/v1/accounts/{id}',
      id: 'getAccount',
      scopes: ['accounts:*'],
      summary: 'Read an account',
      answer: { status: 200, description: 'The account', schema: accountSchema },
    },
    async ({ c, caller, params }) =>
      c.json(toAccount(await getAccount(core, applicationOf(caller), params.id))),
  )

  addEndpoint(
    api,
    deps,
    {
      ...one,
      method: 'patch',
      path: '/v1/accounts/{id}',
      id: 'updateAccount',
      scopes: ['accounts:*'],
      audit: 'account.update',
      summary: 'Change an account',
      body: accountPatch,
      errors: ['password_refused'],
      answer: { status: 200, description: 'The account', schema: accountSchema },
    },
    async ({ c, caller, params, body }) =>
      c.json(toAccount(await updateAccount(core, applicationOf(caller), params.id, body))),
  )

  addEndpoint(
    api,
    deps,
    {
      ...one,
      method: 'delete',
      path: '/v1/accounts/{id}',
      id: 'deleteAccount',
      scopes: ['accounts:*'],
      audit: 'account.delete',
      summary: 'Delete an account',
      answer: { status: 204, description: 'It is gone' },
    },
    async ({ c, caller, params }) => {
      await deleteAccount(core, applicationOf(caller), params.id)
      return c.body(null, 204)
    },
  )

  addEndpoint(
    api,
    deps,
    {
      method: 'post',
      path: '/v1/accounts/import',
      id: 'importAccounts',
      scopes: ['accounts:*'],
      audit: 'account.import',
      tag,
      summary: 'Import accounts, one JSON object a line',
      description:
        'Each line is an account as for `POST /v1/accounts`. Hashes: argon2id, bcrypt, scrypt, pbkdf2. At most 50 MB.',
      key: 'secret',
      streamed: 'application/x-ndjson',
      answer: { status: 200, description: 'What became of the lines', schema: importSchema },
    },
    async ({ c, caller }) => {
      const onMade = () => c.set('changed', true)
      return c.json(await importAccounts(core, applicationOf(caller), readLines(c), onMade))
    },
  )

  addEndpoint(
    api,
    deps,
    {
      method: 'post',
      path: '/v1/accounts/verify',
      id: 'verifyAccount',
      scopes: ['accounts:*'],
      tag,
      summary: 'See whether a login and a password belong together',
      key: 'secret',
      body: z.strictObject({ login: loginSchema, password: passwordSchema }),
      answer: {
        status: 200,
        description: 'Whether they do',
        schema: z.object({ valid: z.boolean() }).openapi('Verification'),
      },
    },
    async ({ c, caller, body }) => {
      const { valid } = await verifyAccount(core, applicationOf(caller), body)
      return c.json({ valid })
    },
    limitGuesses(deps, 'verify'),
  )
}
