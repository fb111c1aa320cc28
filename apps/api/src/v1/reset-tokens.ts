import { z } from '@hono/zod-openapi'
import { exchange } from '@sparekey/reset/codes'
import { complete } from '@sparekey/reset/complete'
import { redeem } from '@sparekey/reset/redeem'
import { peek } from '@sparekey/reset/tokens'
import { type Api, addEndpoint } from '../endpoint.ts'
import { ApiError } from '../problem.ts'
import { applicationIdOf, applicationOf, factsOf, limitGuesses, type V1Deps } from './deps.ts'
import { clientSchema } from './request-schemas.ts'
import { idSchema, passwordSchema, timeSchema, tokenSchema } from './schemas.ts'

const tag = 'Tokens and passwords'
const tokenBody = z.strictObject({ token: tokenSchema })

/** What is done with a mailed token or code: looking, exchanging, setting the password, redeeming. */
export function addResetTokens(api: Api, deps: V1Deps): void {
  const { core, clientOf } = deps

  addEndpoint(
    api,
    deps,
    {
      method: 'post',
      path: '/v1/reset-tokens/peek',
      id: 'peekResetToken',
      scopes: ['tokens:redeem'],
      tag,
      summary: 'See whether a token works',
      description: 'Changes nothing.',
      key: 'optional',
      cors: true,
      body: tokenBody,
      errors: ['token_unusable', 'rate_limited'],
      answer: {
        status: 200,
        description: 'The token works',
        schema: z
          .object({
            expiresAt: timeSchema,
            application: z.object({ name: z.string() }),
            login: z.string().openapi({ example: 'a•••@example.com' }),
          })
          .openapi('PeekedToken'),
      },
    },
    async ({ c, caller, body }) => {
      const { expiresAt, application, login } = await peek(core, body.token, applicationIdOf(caller))
      return c.json({ expiresAt, application: { name: application.name }, login })
    },
    limitGuesses(deps, 'peek'),
  )

  addEndpoint(
    api,
    deps,
    {
      method: 'post',
      path: '/v1/reset-codes/exchange',
      id: 'exchangeResetCode',
      scopes: ['tokens:redeem'],
      tag,
      summary: 'Exchange the typed code for a token',
      description: 'Five wrong tries void a code.',
      key: 'any',
      cors: true,
      body: z.strictObject({
        requestId: idSchema('req'),
        code: z.string().min(1).max(32).openapi({ example: '12345678' }),
      }),
      errors: ['token_unusable'],
      answer: {
        status: 200,
        description: 'A token in place of the mailed one',
        schema: z.object({ token: tokenSchema, expiresAt: timeSchema }).openapi('ExchangedToken'),
      },
    },
    async ({ c, caller, body }) => {
      const { token, expiresAt } = await exchange(core, { ...body, applicationId: applicationIdOf(caller) })
      return c.json({ token, expiresAt })
    },
    limitGuesses(deps, 'exchange'),
  )

  addEndpoint(
    api,
    deps,
    {
      method: 'post',
      path: '/v1/password-resets',
      id: 'createPasswordReset',
      scopes: ['tokens:redeem'],
      tag,
      summary: 'Set the new password',
      description:
        'Uses the token up. A password that is refused does not. With a secret key the notice names the address and browser of `client`, and none without it.',
      key: 'optional',
      cors: true,
      body: z.strictObject({
        token: tokenSchema,
        password: passwordSchema,
        client: clientSchema.optional(),
      }),
      errors: ['token_unusable', 'password_refused', 'rate_limited'],
      answer: {
        status: 200,
        description: 'The password is set',
        schema: z
          .object({ status: z.literal('used'), redirectUrl: z.string().optional() })
          .openapi('PasswordReset'),
      },
    },
    async ({ c, caller, body: { client: said, ...body } }) => {
      const isServer = caller.kind === 'secret'
      if (said && !isServer) throw new ApiError('forbidden', 'client is taken with a secret key only.')
      // The notice asks the person whether it was them: no address is better than that of the application's own server.
      const client = factsOf(isServer ? (said ?? {}) : clientOf(c))
      const input = { ...body, client, applicationId: applicationIdOf(caller) }
      const { redirectUrl } = await complete(core, input)
      return c.json({ status: 'used', redirectUrl })
    },
    limitGuesses(deps, 'complete'),
  )

  addEndpoint(
    api,
    deps,
    {
      method: 'post',
      path: '/v1/reset-tokens/redeem',
      id: 'redeemResetToken',
      scopes: ['tokens:redeem'],
      tag,
      summary: 'Use a token up and set the password yourself',
      key: 'secret',
      body: tokenBody,
      errors: ['token_unusable'],
      answer: {
        status: 200,
        description: 'Whose token it was',
        schema: z
          .object({
            requestId: idSchema('req'),
            account: z.object({ id: z.string(), login: z.string() }),
          })
          .openapi('RedeemedToken'),
      },
    },
    async ({ c, caller, body }) => c.json(await redeem(core, body.token, applicationOf(caller).id)),
  )
}
