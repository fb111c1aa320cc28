import { z } from '@hono/zod-openapi'
import type { Application } from '@sparekey/reset/applications'
import { checkRedirect } from '@sparekey/reset/redirect'
import { randomToken } from '@sparekey/token/token'
import type { Context } from 'hono'
import { parseInput, readJson } from '../body.ts'
import type { Api, Env } from '../endpoint.ts'
import { ApiError } from '../problem.ts'
import { lineSchema, passwordSchema } from '../v1/schemas.ts'
import { addCall } from './call.ts'
import type { DialectCore } from './core.ts'
import { createNileCookies } from './nile/cookies.ts'
import { nileError, wrong } from './nile/errors.ts'
import { nileLinks, withError } from './nile/links.ts'
import { createNileProof } from './nile/proof.ts'

const prefix = '/v2/databases/{database}/auth'
const textSchema = z.string()
const plain = (description: string) => ({ description, schema: textSchema, types: ['text/plain'] })
const errors = { 429: plain('Too many calls'), 500: plain('Our fault'), 503: plain('Try again shortly') }

const params = z.object({
  database: z.string().openapi({
    param: { name: 'database', in: 'path' },
    description: "The application's slug, id or alias",
    example: 'acme',
  }),
})

/** Nile's auth API v2, as far as it resets passwords. CSRF by a double-submit cookie, as in next-auth 4. */
export function nile(app: Api, core: DialectCore): void {
  for (const [scheme, name] of [
    ['nileCsrf', 'nile.csrf-token'],
    ['nileReset', 'nile.reset'],
  ] as const)
    app.openAPIRegistry.registerComponent('securitySchemes', scheme, { type: 'apiKey', in: 'cookie', name })
  app.onError((error, c) => nileError(core.explain(error, c), c))
  app.use(async (c, next) => {
    // The vendor's server SDK decodes a body and forwards its Content-Encoding: nothing on the way may compress.
    c.header('Cache-Control', 'no-store, no-transform')
    await next()
  })
  const cookies = createNileCookies(core)
  const proof = createNileProof(core, cookies)

  async function applicationOf(c: Context<Env>): Promise<Application> {
    const application = await core.byTenant(c, c.req.param('database'))
    if (!application) throw new ApiError('not_found', 'There is no such database.')
    return application
  }

  addCall(
    app,
    core.name,
    {
      methods: ['get'],
      path: `${prefix}/csrf`,
      id: 'csrf',
      summary: 'Get a CSRF token',
      description: 'Sets the cookie `nile.csrf-token`, unless there is a valid one, which is kept.',
      params,
      answers: {
        200: { description: 'The token', schema: z.object({ csrfToken: z.string() }).openapi('NileCsrf') },
        404: { description: 'There is no such database' },
        ...errors,
      },
    },
    async c => {
      await applicationOf(c)
      const kept = cookies.read(c, 'csrf')
      const csrfToken = kept ?? randomToken()
      // On a new one the vendor's SDK would drop its session.
      if (kept === undefined) cookies.give(c, 'csrf', csrfToken)
      return c.json({ csrfToken })
    },
  )

  const urlSchema = z.string().max(2000).nullish()
  const requestBody = z
    .object({ email: lineSchema(320), redirectUrl: urlSchema, callbackUrl: urlSchema })
    .openapi('NileResetRequest')
  const withEmail = z.object({ email: z.string().min(1) })
  addCall(
    app,
    core.name,
    {
      methods: ['post'],
      path: `${prefix}/reset-password`,
      id: 'requestReset',
      summary: 'Ask for a reset',
      description:
        'The mailed link is `{redirectUrl}?token=…&identifier=…&callbackUrl=…`. With `json=true`, only for whoever is signed in as this person, the answer holds the link too.',
      security: ['nileCsrf'],
      params,
      query: z.object({ json: z.enum(['true', 'false']).optional() }),
      body: requestBody,
      answers: {
        200: { description: 'There is no such account; only where `nile.revealUnknown` is set' },
        201: {
          description: 'Accepted, whether or not there is such an account. A body with `json=true` only',
          schema: z.object({ url: z.string() }).openapi('NileResetLink'),
        },
        400: plain('What is wrong with the call'),
        401: { description: '`json=true`, and not signed in as this person' },
        404: { description: 'There is no such database, or no valid CSRF cookie' },
        ...errors,
      },
    },
    async c => {
      const application = await applicationOf(c)
      const given = await readJson(c)
      if (!withEmail.safeParse(given).success) throw wrong('Email is required')
      if (cookies.read(c, 'csrf') === undefined) return c.body(null, 404)
      const asked = parseInput(requestBody, given)
      const ask = (login: string) => {
        const links = nileLinks({ ...asked, email: login }, application)
        return { login, resetUrl: links?.resetUrl, redirectUrl: links?.callbackUrl }
      }
      if (c.req.query('json') === 'true') {
        const person = await proof.personOf(c, application, asked.email)
        if (person === undefined) return c.body(null, 401)
        const { resetUrl, ...rest } = ask(person.login)
        if (resetUrl === undefined) throw wrong('redirectUrl or callbackUrl is required')
        const url = await core.requestLink(c, application, {
          ...rest,
          resetUrl,
          recipientKey: person.recipientKey,
        })
        if (url === undefined) throw wrong('Too many mails to this address; try again later')
        return c.json({ url }, 201)
      }
      await core.request(c, application, ask(asked.email))
      const { revealUnknown } = application.nile
      return c.body(
        null,
        revealUnknown && (await core.accountIdOf(application, asked.email)) === undefined ? 200 : 201,
      )
    },
  )

  addCall(
    app,
    core.name,
    {
      methods: ['get'],
      path: `${prefix}/reset-password`,
      id: 'openLink',
      summary: 'Open the mailed link',
      description:
        'Sets the cookie `nile.reset` where the token works, and uses nothing up. `Location` is the callback URL, with `error` in its query where the token does not work. Never answered by a redirect: the app in between makes one of it.',
      params,
      query: z.object({
        token: z.string(),
        identifier: z.string().openapi({ description: 'The email that the reset was asked for' }),
        callbackUrl: z.string().optional(),
        callbackURL: z.string().optional(),
        redirect: z.enum(['true', 'false']).optional().openapi({ description: 'false: no `Location`' }),
        json: z.enum(['true', 'false']).optional().openapi({ description: 'Changes nothing' }),
      }),
      answers: {
        200: { description: 'The token was looked at' },
        400: plain('The callback URL has an origin that is not allowed'),
        404: { description: 'There is no such database' },
        ...errors,
      },
    },
    async c => {
      const application = await applicationOf(c)
      const { token = '', identifier = '', redirect, callbackUrl, callbackURL } = c.req.query()
      const asked = callbackUrl || callbackURL
      const back = asked && checkRedirect(asked, application.redirectOrigins, 'callbackUrl')
      const opened = await proof.opened(application, token, identifier)
      if (opened === undefined) {
        if (back) c.header('Location', withError(back, 'Token is invalid'))
        return c.body(null, 200)
      }
      // The signature need not cover the identifier, which PUT does not get: a token belongs to one login for good.
      cookies.give(c, 'reset', token, Math.max(1, opened.secondsLeft))
      if (back && redirect !== 'false') c.header('Location', back)
      return c.body(null, 200)
    },
  )

  const passwordBody = z.object({ password: passwordSchema }).openapi('NileNewPassword')
  addCall(
    app,
    core.name,
    {
      methods: ['put'],
      path: `${prefix}/reset-password`,
      id: 'resetPassword',
      summary: 'Set the new password',
      description: 'Uses the token up, and sets the cookie `nile.session-token`, good for `json=true` alone.',
      security: ['nileReset'],
      params,
      body: passwordBody,
      answers: {
        204: { description: 'The password is set' },
        400: plain('What is wrong: the cookie, the token or the password'),
        404: { description: 'There is no such database' },
        ...errors,
      },
    },
    async c => {
      const application = await applicationOf(c)
      if (!cookies.has(c, 'reset')) throw wrong('Missing reset token')
      const token = cookies.read(c, 'reset')
      if (token === undefined) throw wrong('Unable to process request')
      const { password } = parseInput(passwordBody, await readJson(c))
      const { account } = await core.complete(application, { token, password })
      proof.signIn(c, account)
      cookies.clear(c, 'reset')
      return c.body(null, 204)
    },
  )
}
