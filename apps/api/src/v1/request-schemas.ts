/** Reset requests as they are posted and answered. */

import { isIP } from 'node:net'
import { z } from '@hono/zod-openapi'
import {
  emailSchema,
  idSchema,
  lineSchema,
  listSchema,
  localeSchema,
  loginSchema,
  pageQuery,
  timeSchema,
} from './schemas.ts'

const statuses = [
  'accepted',
  'sending',
  'sent',
  'used',
  'expired',
  'replaced',
  'unknown',
  'failed',
  'ignored',
  'cancelled',
] as const

const metadataSchema = z
  .record(z.string().min(1).max(40), z.union([z.string().max(500), z.number(), z.boolean(), z.null()]))
  .refine(metadata => Object.keys(metadata).length <= 50, 'must have 50 members at most')
  // Postgres keeps neither in JSON.
  .refine(
    metadata => !/\\u0000|\\ud[89a-f]/i.test(JSON.stringify(metadata)),
    'must be well-formed text without NUL',
  )
  .openapi({ description: "The caller's own notes; nobody reads them here", example: { ticket: 'A-17' } })

export const clientSchema = z
  .strictObject({
    ip: z
      .string()
      .refine(text => isIP(text) !== 0, 'must be an IP address')
      .optional()
      .openapi({ example: '203.0.113.7' }),
    userAgent: lineSchema(1000).optional(),
  })
  .openapi({
    description: "Secret keys only: the person's own address and browser, for limits and the notice",
  })

const recipientSchema = z
  .strictObject({
    id: lineSchema(200).openapi({ description: "The person's id in the caller's directory" }),
    email: emailSchema,
    name: lineSchema(200).optional(),
    locale: localeSchema.optional(),
  })
  .openapi({ description: 'Secret keys only, and required where the directory is `caller`' })

const humanProofSchema = z.string().min(1).max(8192).openapi({
  description:
    "Where the application's `humanProof` asks for it and no secret key calls: ALTCHA's payload, or the vendor's token. Works once",
})

export const requestBody = z
  .strictObject({
    login: loginSchema,
    locale: localeSchema.optional(),
    redirectUrl: z.string().max(2000).optional().openapi({
      description: 'Where to go afterwards; its origin must be among `redirectOrigins`',
      example: 'https://app.example.com/sign-in',
    }),
    metadata: metadataSchema.optional(),
    client: clientSchema.optional(),
    recipient: recipientSchema.optional(),
    humanProof: humanProofSchema.optional(),
  })
  .openapi('NewResetRequest')

export const requestHeaders = z.object({
  'Idempotency-Key': z
    .string()
    .regex(/^[\x21-\x7e]{1,255}$/, 'must have 1 to 255 visible ASCII characters')
    .optional()
    .openapi({
      description:
        'The same key and body within 24 hours: the same answer, and no second mail. Those of secret and of publishable keys are apart',
    }),
})

export const acceptedSchema = z
  .object({ id: idSchema('req'), status: z.literal('accepted') })
  .openapi('AcceptedResetRequest')

const summary = z.object({
  id: idSchema('req'),
  applicationId: idSchema('app'),
  login: z.string(),
  status: z.enum(statuses),
  reason: z.string().optional(),
  dialect: z.string().openapi({ description: 'The API that it was posted by', example: 'sparekey' }),
  createdAt: timeSchema,
  expiresAt: timeSchema.optional(),
})

const attemptSchema = z.object({
  at: timeSchema,
  transport: z.string().openapi({ example: 'smtp.example.com:587' }),
  code: z.int().optional(),
  response: z.string().optional().openapi({ description: "The mail server's own words" }),
})

export const requestSchema = summary
  .extend({
    timeline: z.array(z.object({ at: timeSchema, type: z.string(), detail: z.string().optional() })),
    mails: z.array(
      z.object({
        id: idSchema('mail'),
        kind: z.enum(['reset', 'notice']),
        status: z.enum(['queued', 'sending', 'sent', 'unknown', 'failed', 'cancelled']),
        attempts: z.array(attemptSchema),
      }),
    ),
  })
  .openapi('ResetRequest')

export const requestListSchema = listSchema(summary.openapi('ResetRequestSummary'))

export const requestQuery = pageQuery.extend({
  login: loginSchema.optional(),
  status: z.enum(statuses).optional(),
  applicationId: idSchema('app').optional(),
  dialect: z.enum(['sparekey', 'akinon', 'payabli', 'nile', 'platform', 'autoshares']).optional(),
  from: z.iso.datetime().optional().openapi({ description: 'Asked for at or after' }),
  to: z.iso.datetime().optional().openapi({ description: 'Asked for before' }),
})
