import { z } from '@hono/zod-openapi'
import type { Dialect } from '@sparekey/db/types'
import type { Context } from 'hono'
import type { Api, Env } from '../../endpoint.ts'
import { addCall } from '../call.ts'
import { requestSchema, resetSchema } from './dto.ts'

export const platformVerbs = ['get', 'post', 'put', 'patch', 'delete'] as const

/** Puts the documented calls into the app and the OpenAPI document, all served by one function. */
export function addPlatformCalls(
  app: Api,
  dialect: Dialect,
  serve: (c: Context<Env>) => Promise<Response>,
): void {
  const types = ['application/json', 'application/xml']
  const errorSchema = z
    .object({
      ResponseStatus: z.object({
        ErrorCode: z.string(),
        Message: z.string(),
        Errors: z.array(z.object({ ErrorCode: z.string(), FieldName: z.string(), Message: z.string() })),
      }),
    })
    .openapi('PlatformError')
  const failed = (description: string) => ({ description, schema: errorSchema, types })
  const calls = {
    GetResetPasswordToken: {
      path: '/api/account/{UserName}/passwordresettoken',
      servedAt: '/api/account/*',
      summary: 'Ask for a reset',
      success: 'Accepted, whether or not there is such a user',
      dto: requestSchema,
      inPath: { params: requestSchema.pick({ UserName: true }) },
      query: requestSchema.omit({ UserName: true }).partial(),
      body: requestSchema.partial({ UserName: true }),
    },
    PasswordReset: {
      path: '/api/account/passwordreset',
      summary: 'Set the new password',
      success: 'The password is set',
      dto: resetSchema,
      inPath: {},
      query: z.object(resetSchema.shape).partial(),
      body: resetSchema,
    },
  }
  for (const [name, { summary, success, dto, inPath, ...spec }] of Object.entries(calls)) {
    const id = name.charAt(0).toLowerCase() + name.slice(1)
    const common = {
      summary,
      body: dto,
      bodyTypes: [...types, 'application/x-www-form-urlencoded'],
      answers: {
        200: { description: success, schema: z.object({}).openapi(`Platform${name}Response`), types },
        400: failed('Something is wrong with the call, the token or the password'),
        404: failed('There is no such tenant'),
        429: failed('Too many calls'),
        500: failed('Something went wrong here'),
        503: failed('Database or queue out of reach'),
      },
    }
    const description = 'Members may come in the path, the query or the body; every verb does the same.'
    addCall(app, dialect, { ...common, description, methods: platformVerbs, id, ...inPath, ...spec }, serve)
    const replies = [`/api/json/reply/${name}`, `/api/xml/reply/${name}`, `/api/${name}`]
    for (const [index, reply] of replies.entries()) {
      const replyId = `${id}_${['json', 'xml', 'default'][index]}`
      addCall(app, dialect, { ...common, methods: ['post'], path: reply, id: replyId }, serve)
    }
  }
}
