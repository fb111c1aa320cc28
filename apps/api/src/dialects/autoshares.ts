import { z } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { parseInput, readJson } from '../body.ts'
import type { Api, Env } from '../endpoint.ts'
import { type ApiError, headersOf, problems } from '../problem.ts'
import { lineSchema, passwordSchema } from '../v1/schemas.ts'
import { addCall } from './call.ts'
import type { DialectCore } from './core.ts'
import { reasonTexts } from './words.ts'

/** What the vendor's mails carry, where the application does not say. */
const codeDigits = 6

const successSchema = z
  .object({ Errors: z.array(z.string()).max(0), IsSucceed: z.literal(true) })
  .openapi('AutosharesSuccess')
const modelSchema = z
  .object({
    Model: z.string(),
    Errors: z.array(z.string()).max(0),
    ErrorsCode: z.array(z.string()).max(0).optional(),
    StatusCode: z.int().optional(),
    IsSucceed: z.literal(true),
  })
  .openapi('AutosharesModel')
const failureSchema = z
  .object({ Errors: z.array(z.string()), ErrorsCode: z.array(z.string()), IsSucceed: z.literal(false) })
  .openapi('AutosharesFailure')
const keySchema = z.object({ error: z.string() }).openapi('AutosharesKeyError')

const failed = (description: string) => ({ description, schema: failureSchema })
const errors = {
  403: { description: 'The key is missing or wrong', schema: keySchema },
  429: failed('Too many calls, or the breaker for guessed codes has tripped'),
  500: failed('Something went wrong here'),
  503: failed('The database is out of reach'),
}
const bodyErrors = {
  400: failed('Something is wrong with the call'),
  413: failed('The body is too large'),
  415: failed('The body is no JSON'),
}
const refused = { 422: failed('Refused') }

const resetBody = z.object({ User: lineSchema(320), SecretQuestionAnswer: z.string().max(1000).nullish() })
const codeBody = z.object({ Code: z.string().min(1).max(32).openapi({ example: '741175' }) })
const identifierBody = codeBody.extend({ Identifier: z.literal('ResetPassword') })
const passwordBody = z.object({
  Token: z.string().min(1).max(512),
  Password: passwordSchema,
  PasswordConfirmation: passwordSchema,
})
const questionQuery = z.object({ username: z.string().max(320).optional() })

const succeeded = { Errors: [], IsSucceed: true }

/** Autoshares' trading API v1.0: a code by mail, the code for a token, the token for a password. */
export function autoshares(app: Api, core: DialectCore): void {
  app.openAPIRegistry.registerComponent('securitySchemes', 'autosharesKey', {
    type: 'apiKey',
    in: 'header',
    name: 'Et-App-Key',
  })
  app.onError((error, c) => shape(core.explain(error, c), c))
  const common = { security: ['autosharesKey'] }
  const applicationOf = (c: Context<Env>) => core.byKey(c, c.req.header('et-app-key'))

  addCall(
    app,
    core.name,
    {
      ...common,
      methods: ['post'],
      path: '/v1.0/users/password/reset',
      id: 'resetPassword',
      summary: 'Ask for a mail with a code',
      body: resetBody,
      answers: {
        200: { description: 'Accepted, for every user', schema: successSchema },
        ...errors,
        ...bodyErrors,
      },
    },
    async c => {
      const application = await applicationOf(c)
      const { User } = parseInput(resetBody, await readJson(c))
      await core.request(c, application, { login: User, carries: 'code', codeDigits })
      return c.json(succeeded)
    },
  )

  addCall(
    app,
    core.name,
    {
      ...common,
      methods: ['get'],
      path: '/v1.0/users/password/secret-question',
      id: 'getSecretQuestion',
      summary: 'The secret question: none is needed, for everyone',
      query: questionQuery,
      answers: { 200: { description: 'An empty question', schema: modelSchema }, ...errors },
    },
    async c => {
      await applicationOf(c)
      return c.json({ Model: '', ...succeeded })
    },
  )

  for (const { path, id, body, extra } of [
    { path: '/v1.0/users/password/reset/code', id: 'exchangeCode', body: codeBody, extra: {} },
    {
      path: '/v1.0/users/identifiers/reset/code',
      id: 'exchangeIdentifierCode',
      body: identifierBody,
      extra: { ErrorsCode: [], StatusCode: 200 },
    },
  ]) {
    addCall(
      app,
      core.name,
      {
        ...common,
        methods: ['post'],
        path,
        id,
        summary: 'Exchange the mailed code for a token',
        body,
        answers: {
          200: { description: 'The token', schema: modelSchema },
          ...errors,
          ...bodyErrors,
          ...refused,
        },
      },
      async c => {
        const application = await applicationOf(c)
        const { Code } = parseInput(body, await readJson(c))
        return c.json({ Model: await core.exchange(application, Code), ...succeeded, ...extra })
      },
    )
  }

  const setPassword = async (c: Context<Env>) => {
    const application = await applicationOf(c)
    const { Token, Password, PasswordConfirmation } = parseInput(passwordBody, await readJson(c))
    if (Password !== PasswordConfirmation)
      return failure(c, 422, ['The passwords differ.'], ['PasswordsDiffer'])
    await core.complete(application, { token: Token.toLowerCase(), password: Password })
    return c.json(succeeded)
  }
  addCall(
    app,
    core.name,
    {
      ...common,
      methods: ['put'],
      path: '/v1.0/users/passwords/reset/',
      id: 'setPassword',
      summary: 'Set the new password',
      body: passwordBody,
      answers: {
        200: { description: 'The password is set', schema: successSchema },
        ...errors,
        ...bodyErrors,
        ...refused,
      },
    },
    setPassword,
  )
  app.put('/v1.0/users/passwords/reset', setPassword)
}

/** The vendor's names for what can be wrong. */
const names: Record<ApiError['code'], string> = {
  malformed_json: 'MalformedBody',
  invalid_request: 'InvalidRequest',
  unauthenticated: 'InvalidAppKey',
  forbidden: 'InvalidAppKey',
  human_proof_required: 'InvalidAppKey',
  not_found: 'NotFound',
  method_not_allowed: 'MethodNotAllowed',
  idempotency_in_progress: 'InvalidRequest',
  idempotency_mismatch: 'InvalidRequest',
  token_unusable: 'InvalidOrExpired',
  body_too_large: 'BodyTooLarge',
  unsupported_media_type: 'UnsupportedMediaType',
  password_refused: 'PasswordRefused',
  rate_limited: 'TooManyRequests',
  internal: 'InternalError',
  unavailable: 'ServiceUnavailable',
}

function shape(error: ApiError, c: Context): Response {
  const { code, message, details } = error
  if (code === 'unauthenticated' || code === 'forbidden')
    return c.json({ error: 'Application key is not defined or does not exist' }, 403)
  const { status } = problems[code]
  const fields = details.errors?.map(({ path, message }) => `${path || 'body'}: ${message}`)
  const reasons = details.reasons?.map(reason => reasonTexts[reason])
  const wrong = fields ?? reasons ?? [message]
  return failure(
    c,
    code === 'token_unusable' ? 422 : status,
    wrong,
    wrong.map(() => names[code]),
    headersOf(error),
  )
}

function failure(
  c: Context,
  status: 422 | (typeof problems)[ApiError['code']]['status'],
  Errors: string[],
  ErrorsCode: string[],
  headers?: Record<string, string>,
): Response {
  return c.json({ Errors, ErrorsCode, IsSucceed: false }, status, headers)
}
