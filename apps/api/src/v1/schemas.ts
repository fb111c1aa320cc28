/** What several calls have in common. */
import { z } from '@hono/zod-openapi'
import { type IdPrefix, isId } from '@sparekey/db/id'

const prefixExample = '01k9q3x5t8r2m4n6p7q8s9v0w1'

/** An id with its prefix, such as `req_…`. */
export function idSchema(prefix: IdPrefix) {
  return z
    .string()
    .refine(text => isId(prefix, text), 'is no id')
    .openapi({ example: `${prefix}_${prefixExample}` })
}

/** The path parameter of one thing. */
export const idParams = (prefix: IdPrefix) =>
  z.strictObject({ id: idSchema(prefix).openapi({ param: { name: 'id', in: 'path' } }) })

export const timeSchema = z
  .string()
  .openapi({ format: 'date-time', example: '2026-03-01T09:30:00.000Z', description: 'ISO 8601, UTC' })

// Made once: each call would make it anew.
const control = /\p{Cc}/u

/** One line of text that holds something to see. */
export function lineSchema(most: number) {
  return z
    .string()
    .min(1, 'must not be empty')
    .max(most, `must have ${most} characters at most`)
    .refine(text => !control.test(text) && text.trim() !== '', 'must be one line of text')
    .refine(text => text.isWellFormed(), 'must be valid Unicode')
}

export const loginSchema = lineSchema(320).openapi({
  description: 'What the person signs in with, as typed',
  example: 'anna@example.com',
})

export const localeSchema = z
  .string()
  .max(35)
  .regex(/^[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*$/, 'must be a language tag such as en or de-AT')
  .openapi({ description: 'BCP 47', example: 'de' })

export const emailSchema = lineSchema(254).openapi({ format: 'email', example: 'anna@example.com' })

export const tokenSchema = z
  .string()
  .min(1, 'must not be empty')
  .max(512)
  .openapi({ description: 'From the mailed link', example: 'Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4Zm9vYmFyYmE' })

/** Longer than any policy takes, so that the policy is what refuses. */
export const passwordSchema = z
  .string()
  .min(1, 'must not be empty')
  .max(4096)
  .openapi({ format: 'password', example: 'lantern orbit mossy quilt' })

const limitSchema = z.coerce.number().int().min(1).max(100).default(25)
export const pageQuery = z.strictObject({
  cursor: z.string().min(1).max(200).optional().openapi({ description: '`nextCursor` of the page before' }),
  limit: limitSchema.openapi({ description: 'Items on a page' }),
})

/** Whose things: a secret key speaks for its own application; the operator says which. */
export const ofQuery = z.strictObject({
  applicationId: idSchema('app')
    .optional()
    .openapi({ description: 'Needed with the admin key or a session' }),
})

export function listSchema<S extends z.ZodType>(item: S) {
  return z.object({ items: z.array(item), nextCursor: z.string().nullable() })
}

/** What a list's verb returned, as a page of the answer: no further page is null. */
export function toList<T, U>(page: { items: T[]; nextCursor?: string | null }, map: (item: T) => U) {
  return { items: page.items.map(map), nextCursor: page.nextCursor ?? null }
}

/** Members that are null in the database are left out of answers. */
export function present<T extends object>(values: T): { [K in keyof T]: Exclude<T[K], null> } {
  const entries = Object.entries(values).filter(([, value]) => value !== null && value !== undefined)
  return Object.fromEntries(entries) as { [K in keyof T]: Exclude<T[K], null> }
}
