/** Accounts of the built-in directory as they are posted and answered. */
import { z } from '@hono/zod-openapi'
import {
  emailSchema,
  idSchema,
  lineSchema,
  listSchema,
  localeSchema,
  loginSchema,
  passwordSchema,
  present,
  timeSchema,
} from './schemas.ts'

const hashSchema = lineSchema(1024).openapi({
  description: 'argon2id, bcrypt, scrypt or pbkdf2, as a PHC or crypt string',
  example: '$2b$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy',
})
const notBoth = (body: { password?: unknown; passwordHash?: unknown }) =>
  body.password === undefined || body.passwordHash === undefined
const notBothError = { path: ['passwordHash'], message: 'is not taken together with password' }

export const accountBody = z
  .strictObject({
    login: loginSchema,
    email: emailSchema,
    name: lineSchema(200).optional(),
    locale: localeSchema.optional(),
    password: passwordSchema.optional(),
    passwordHash: hashSchema.optional(),
  })
  .refine(notBoth, notBothError)
  .openapi('NewAccount')

export const accountPatch = z
  .strictObject({
    login: loginSchema.optional(),
    email: emailSchema.optional(),
    name: lineSchema(200).nullable().optional(),
    locale: localeSchema.nullable().optional(),
    password: passwordSchema.optional(),
    passwordHash: hashSchema.optional(),
  })
  .refine(notBoth, notBothError)
  .openapi('AccountPatch')

export const accountSchema = z
  .object({
    id: idSchema('acc'),
    login: z.string(),
    email: z.string(),
    name: z.string().optional(),
    locale: z.string().optional(),
    passwordSetAt: timeSchema.optional(),
    sessionsValidAfter: timeSchema.optional().openapi({ description: 'Sessions that began before must end' }),
    createdAt: timeSchema,
    updatedAt: timeSchema,
  })
  .openapi('Account')

export const accountListSchema = listSchema(accountSchema)

export const importSchema = z
  .object({
    imported: z.int(),
    skipped: z.int().openapi({ description: 'Lines whose login is there already' }),
    failed: z.int().openapi({ description: 'Lines that were refused' }),
    errors: z
      .array(z.object({ line: z.int(), message: z.string() }))
      .openapi({ description: 'The first 100 refusals' }),
  })
  .openapi('ImportReport')

interface AccountRow {
  id: string
  login: string
  email: string
  name: string | null
  locale: string | null
  passwordSetAt: Date | null
  sessionsValidAfter: Date | null
  createdAt: Date
  updatedAt: Date
}

/** An account as it is answered: no hash, no inner keys. */
export function toAccount(row: AccountRow) {
  const { id, login, email, name, locale, passwordSetAt, sessionsValidAfter, createdAt, updatedAt } = row
  return present({ id, login, email, name, locale, passwordSetAt, sessionsValidAfter, createdAt, updatedAt })
}
