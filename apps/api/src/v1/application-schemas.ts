/** Applications and their keys as they are posted and answered. */
import { z } from '@hono/zod-openapi'
import { type HumanProof, scopes } from '@sparekey/db/types'
import type { Application } from '@sparekey/reset/applications'
import {
  emailSchema,
  idSchema,
  lineSchema,
  listSchema,
  localeSchema,
  present,
  timeSchema,
} from './schemas.ts'

const dialects = ['akinon', 'payabli', 'nile', 'platform', 'autoshares'] as const
const whole = (least: number, most: number) => z.int().min(least).max(most)
const perMinute = whole(1, 1_000_000)

const urlSchema = lineSchema(2000).openapi({ format: 'uri' })
const colorSchema = z.string().max(7).openapi({ example: '#2563eb' })
const brandBody = z.strictObject({
  color: colorSchema.optional(),
  logoUrl: urlSchema.nullable().optional(),
  supportEmail: emailSchema.nullable().optional(),
  address: z
    .string()
    .min(1)
    .max(500)
    .nullable()
    .optional()
    .openapi({ description: 'Postal, for the foot of mails' }),
})
const limitsBody = z.strictObject({
  perRecipientHour: whole(1, 1000)
    .optional()
    .openapi({ description: 'Mails to one person in an hour; silent' }),
  perRecipientDay: whole(1, 1000).optional(),
  perAddressMinute: perMinute.optional().openapi({ description: 'Calls from one address in a minute; 429' }),
  perKeyMinute: perMinute.optional().openapi({ description: 'Calls with one key in a minute; 429' }),
  wrongCodesHour: perMinute
    .optional()
    .openapi({ description: 'Wrong codes without a login in an hour, of all callers; 429' }),
  wrongCodesDay: perMinute.optional(),
  wrongExchangesHour: perMinute.optional().openapi({
    description:
      'Wrong codes for a request or a login in an hour, of all callers; beyond, right ones are refused too',
  }),
  wrongExchangesDay: perMinute.optional(),
  suspectRequestsMinute: perMinute.optional().openapi({
    description: 'Requests in a minute up to which no `abuse.suspected` is told; none is refused',
  }),
})

const nileBody = z.strictObject({
  revealUnknown: z.boolean().optional().openapi({
    description: 'Answer an unknown login as the vendor does, with 200: tells everyone who has an account',
  }),
})

const siteKeySchema = z.string().min(1).max(200)
const humanProofBody = z
  .discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('altcha') }),
    z.strictObject({
      kind: z.enum(['turnstile', 'hcaptcha']),
      siteKey: siteKeySchema,
      secret: lineSchema(500)
        .optional()
        .openapi({ description: 'Never shown. Where it is left out, the one that is kept stays' }),
    }),
  ])
  .openapi({ description: 'What a request with a publishable key, or from the hosted page, must prove' })

const settings = {
  slug: z.string().min(1).max(63).optional().openapi({ example: 'acme' }),
  brand: brandBody.optional(),
  from: lineSchema(400).nullable().optional().openapi({ example: 'Acme <no-reply@acme.example>' }),
  replyTo: lineSchema(400).nullable().optional(),
  locale: localeSchema.optional(),
  redirectOrigins: z
    .array(z.string().max(300).openapi({ example: 'https://app.example.com' }))
    .max(50)
    .optional(),
  resetUrl: urlSchema.nullable().optional().openapi({
    description: "The application's own page, `{token}` in its fragment",
    example: 'https://app.example.com/reset#{token}',
  }),
  aliases: z
    .array(lineSchema(200))
    .max(50)
    .optional()
    .openapi({ description: 'Names that dialects find the application by' }),
  dialects: z.array(z.enum(dialects)).max(dialects.length).optional(),
  directory: z.enum(['builtin', 'caller', 'http']).optional(),
  directoryUrl: urlSchema.nullable().optional().openapi({
    description: "Where the application's own server is asked, in an `http` directory; https",
    example: 'https://app.example.com/sparekey',
  }),
  linkMinutes: whole(1, 1440).optional(),
  codeMinutes: whole(1, 60).optional(),
  codeDigits: whole(6, 10)
    .nullable()
    .optional()
    .openapi({ description: '8 where it is not set, or 6 in autoshares' }),
  deliverWithinMinutes: whole(1, 60).optional(),
  minPasswordLength: whole(8, 64).optional(),
  limits: limitsBody.optional(),
  nile: nileBody.optional(),
  humanProof: humanProofBody.nullable().optional(),
}
const nameSchema = lineSchema(100).openapi({ example: 'Acme Notes' })

export const applicationBody = z.strictObject({ name: nameSchema, ...settings }).openapi('NewApplication')
export const applicationPatch = z
  .strictObject({ name: nameSchema.optional(), ...settings })
  .openapi('ApplicationPatch')

export const directorySecretSchema = z.string().openapi({
  description: 'Signs by Standard Webhooks what the `directoryUrl` is asked. Shown once',
  example: 'whsec_…',
})

const members = {
  id: idSchema('app'),
  slug: z.string(),
  name: z.string(),
  brand: z.object({
    color: colorSchema,
    logoUrl: z.string().optional(),
    supportEmail: z.string().optional(),
    address: z.string().optional(),
  }),
  from: z.string().optional(),
  replyTo: z.string().optional(),
  locale: z.string(),
  redirectOrigins: z.array(z.string()),
  resetUrl: z.string().optional(),
  aliases: z.array(z.string()),
  dialects: z.array(z.enum(dialects)),
  directory: z.enum(['builtin', 'caller', 'http']),
  directoryUrl: z.string().optional(),
  linkMinutes: z.int(),
  codeMinutes: z.int(),
  codeDigits: z.int().optional(),
  deliverWithinMinutes: z.int(),
  minPasswordLength: z.int(),
  limits: z.object({
    perRecipientHour: z.int(),
    perRecipientDay: z.int(),
    perAddressMinute: z.int(),
    perKeyMinute: z.int(),
    wrongCodesHour: z.int(),
    wrongCodesDay: z.int(),
    wrongExchangesHour: z.int(),
    wrongExchangesDay: z.int(),
    suspectRequestsMinute: z.int(),
  }),
  nile: nileBody,
  humanProof: z
    .object({ kind: z.enum(['altcha', 'turnstile', 'hcaptcha']), siteKey: z.string().optional() })
    .optional(),
  createdAt: timeSchema,
}
export const applicationSchema = z.object(members).openapi('Application')
export const applicationListSchema = listSchema(applicationSchema)
export const createdApplicationSchema = z
  .object({
    ...members,
    keys: z
      .object({ secret: z.string(), publishable: z.string() })
      .openapi({ description: 'Shown once', example: { secret: 'sk_…', publishable: 'pk_…' } }),
    directorySecret: directorySecretSchema
      .optional()
      .openapi({ description: 'Signs what the `directoryUrl` is asked. Shown once' }),
  })
  .openapi('CreatedApplication')

export const keyBody = z
  .strictObject({
    kind: z.enum(['secret', 'publishable']),
    name: lineSchema(100).optional(),
    scopes: z
      .array(z.enum(scopes))
      .min(1)
      .max(scopes.length)
      .optional()
      .openapi({ description: 'Narrows a secret key; without them it may do everything of its application' }),
    expiresAt: z.iso.datetime().optional(),
  })
  .openapi('NewKey')
const keyMembers = {
  id: idSchema('key'),
  kind: z.enum(['secret', 'publishable']),
  name: z.string().optional(),
  hint: z.string().openapi({ description: 'Its last four characters' }),
  scopes: z.array(z.enum(scopes)).optional(),
  createdAt: timeSchema,
  expiresAt: timeSchema.optional(),
  lastUsedAt: timeSchema.optional().openapi({ description: 'To the minute' }),
}
export const keyListSchema = listSchema(
  z.object({ ...keyMembers, revokedAt: timeSchema.optional() }).openapi('Key'),
)
export const createdKeySchema = z
  .object({ ...keyMembers, key: z.string().openapi({ description: 'Shown once' }) })
  .openapi('CreatedKey')

/** An application as it is answered. */
export function toApplication(application: Application) {
  const { webhookEvents: _, humanProof, ...shown } = application
  return present({ ...shown, humanProof: humanProof && withoutSecret(humanProof) })
}

const withoutSecret = (proof: HumanProof) =>
  'siteKey' in proof ? { kind: proof.kind, siteKey: proof.siteKey } : { kind: proof.kind }
