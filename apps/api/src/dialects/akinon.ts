import { z } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { parseInput, readJson } from '../body.ts'
import type { Api, Env } from '../endpoint.ts'
import { type ApiError, headersOf, problems } from '../problem.ts'
import { lineSchema, passwordSchema, tokenSchema } from '../v1/schemas.ts'
import { addCall } from './call.ts'
import type { DialectCore } from './core.ts'
import { sentenceOf } from './words.ts'

const errorSchema = z
  .object({ validationError: z.record(z.string(), z.string()) })
  .openapi('AkinonError', { description: 'What is wrong, by field' })
const failed = (description: string) => ({ description, schema: errorSchema })
const answers = {
  400: failed('Something is wrong with the call'),
  401: failed('The key is missing or wrong'),
  429: failed('Too many calls'),
  500: failed('Something went wrong here'),
  503: failed('The database is out of reach'),
}
const security = ['secretKey', 'publishableKey', 'akinonToken']

/** Akinon's AppMaker API v1. It declares 201 and 400 for a request; 401 is for a wrong credential. */
export function akinon(app: Api, core: DialectCore): void {
  app.openAPIRegistry.registerComponent('securitySchemes', 'akinonToken', {
    type: 'apiKey',
    in: 'header',
    name: 'x-access-token',
  })
  app.onError((error, c) => shape(core.explain(error, c), c))
  const applicationOf = (c: Context<Env>) => core.byKey(c, keyOf(c))

  const requestBody = z.object({ username: lineSchema(320) })
  addCall(
    app,
    core.name,
    {
      methods: ['post'],
      path: '/auth/generate-reset-token',
      id: 'generateResetToken',
      summary: 'Ask for a reset',
      description: 'The mail carries the link; the answer carries nothing.',
      security,
      body: requestBody,
      answers: { 201: { description: 'Accepted, whether or not there is such a user' }, ...answers },
    },
    async c => {
      const application = await applicationOf(c)
      const { username } = parseInput(requestBody, await readJson(c))
      await core.request(c, application, { login: username })
      return c.body(null, 201)
    },
  )

  const resetBody = z.object({ token: tokenSchema, password: passwordSchema })
  addCall(
    app,
    core.name,
    {
      methods: ['post'],
      path: '/auth/reset-password',
      id: 'resetPassword',
      summary: 'Set the new password',
      description: "Not among the vendor's documented calls.",
      security,
      body: resetBody,
      answers: { 200: { description: 'The password is set' }, ...answers },
    },
    async c => {
      const application = await applicationOf(c)
      await core.complete(application, parseInput(resetBody, await readJson(c)))
      return c.body(null, 200)
    },
  )
}

function keyOf(c: Context): string | undefined {
  return /^Bearer +(\S+)$/i.exec(c.req.header('authorization') ?? '')?.[1] ?? c.req.header('x-access-token')
}

function shape(error: ApiError, c: Context): Response {
  const { code, details } = error
  const fields = details.errors?.map(({ path, message }) => [path || 'body', message] as const)
  const validationError = Object.fromEntries(fields ?? [[fieldOf[code] ?? 'request', sentenceOf(error)]])
  const { status } = problems[code]
  const declared = status === 410 || status === 413 || status === 415 || status === 422 ? 400 : status
  return c.json({ validationError }, declared, headersOf(error))
}

/** The field that an error without a field of its own is about. */
const fieldOf: { [code in ApiError['code']]?: string } = {
  malformed_json: 'body',
  body_too_large: 'body',
  unsupported_media_type: 'body',
  unauthenticated: 'authorization',
  token_unusable: 'token',
  password_refused: 'password',
}
