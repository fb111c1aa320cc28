import { z } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { parseInput, readJson } from '../body.ts'
import type { Api } from '../endpoint.ts'
import { type ApiError, headersOf, problems } from '../problem.ts'
import { lineSchema, passwordSchema } from '../v1/schemas.ts'
import { addCall } from './call.ts'
import type { DialectCore } from './core.ts'
import { sentenceOf } from './words.ts'

const successSchema = z
  .object({ isSuccess: z.literal(true), responseText: z.string() })
  .openapi('PayabliSuccess')
const errorSchema = z
  .object({
    isSuccess: z.literal(false),
    responseCode: z.int(),
    responseText: z.string().openapi({ description: 'What' }),
    responseData: z.object({
      explanation: z.string().openapi({ description: 'Why' }),
      todoAction: z.string().openapi({ description: 'What to do' }),
    }),
  })
  .openapi('PayabliError')
const failed = (description: string) => ({ description, schema: errorSchema })
const answers = {
  200: { description: 'Success', schema: successSchema },
  400: failed('Something is wrong with the call'),
  401: failed('The requestToken is missing or wrong'),
  429: failed('Too many calls'),
  500: failed('Something went wrong here'),
  503: failed('The database is out of reach'),
}
const success = { isSuccess: true, responseText: 'Success' }

/** An address as far as its form tells; whether it is somebody's is found out later, and never told. */
const addressSchema = lineSchema(320).regex(/^[^\s@]+@[^\s@]+$/, 'must be an email address')
const resetBody = z
  .object({
    email: addressSchema.optional(),
    entry: z.string().max(1000).optional(),
    entryType: z.union([z.literal(0), z.literal(2)]).optional(),
  })
  .refine(({ entry, entryType }) => entry === undefined || entryType !== undefined, {
    path: ['entryType'],
    message: 'is required with entry',
  })
const passwordBody = z.object({ psw: passwordSchema })

/** Payabli's User API. Its client takes any 2xx as success and repeats a call on 408, 429 and 5xx. */
export function payabli(app: Api, core: DialectCore): void {
  const security = ['payabliToken']
  app.openAPIRegistry.registerComponent('securitySchemes', 'payabliToken', {
    type: 'apiKey',
    in: 'header',
    name: 'requestToken',
  })
  app.onError((error, c) => shape(core.explain(error, c), c))

  addCall(
    app,
    core.name,
    {
      methods: ['post'],
      path: '/User/authreset',
      id: 'authReset',
      summary: 'Ask for a reset',
      description: 'Without an email nothing is done.',
      security,
      body: resetBody,
      answers,
    },
    async c => {
      const application = await core.byKey(c, c.req.header('requesttoken'))
      const { email } = parseInput(resetBody, await readJson(c))
      if (email !== undefined) await core.request(c, application, { login: email })
      return c.json(success)
    },
  )

  addCall(
    app,
    core.name,
    {
      methods: ['put'],
      path: '/User/authpsw',
      id: 'authPsw',
      summary: 'Set the new password',
      description: 'The `requestToken` is the token of the mailed link.',
      security,
      body: passwordBody,
      answers,
    },
    async c => {
      const token = c.req.header('requesttoken') ?? ''
      const application = await core.byToken(c, token)
      const { psw } = parseInput(passwordBody, await readJson(c))
      await core.complete(application, { token, password: psw })
      return c.json(success)
    },
  )
}

/** The statuses that the vendor declares, for those that it does not. */
const declared: { [code in ApiError['code']]?: 400 | 401 } = {
  token_unusable: 401,
  forbidden: 401,
  body_too_large: 400,
  unsupported_media_type: 400,
  password_refused: 400,
}

const todo: { [code in ApiError['code']]?: string } = {
  unauthenticated: "Send an API key of the application's in the header requestToken.",
  token_unusable: 'Ask for a new mail.',
  password_refused: 'Choose another password.',
  rate_limited: 'Wait, then try again.',
  unavailable: 'Try again shortly.',
  internal: 'Tell the operator when it happened.',
}

function shape(error: ApiError, c: Context): Response {
  const { code } = error
  const { status, title } = problems[code]
  const responseCode = declared[code] ?? status
  const explanation = sentenceOf(error)
  const todoAction = todo[code] ?? 'Mend the call.'
  return c.json(
    { isSuccess: false, responseCode, responseText: title, responseData: { explanation, todoAction } },
    responseCode,
    headersOf(error),
  )
}
