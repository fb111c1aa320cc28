import { sql } from 'drizzle-orm'
import { check, index, integer, jsonb, pgTable, text, uniqueIndex } from 'drizzle-orm/pg-core'
import { bytea, madeAt, time } from '../columns.ts'
import type {
  Brand,
  Dialect,
  Directory,
  HumanProof,
  KeyKind,
  Limits,
  NileSettings,
  Scope,
  WebhookEvent,
} from '../types.ts'

export const applications = pgTable(
  'applications',
  {
    id: text('id').primaryKey(),
    slug: text('slug').notNull(),
    name: text('name').notNull(),
    brand: jsonb('brand').$type<Brand>().notNull(),
    from: text('from_sender'),
    replyTo: text('reply_to'),
    locale: text('locale').notNull(),
    redirectOrigins: text('redirect_origins').array().notNull(),
    resetUrl: text('reset_url'),
    dialects: text('dialects').array().$type<Dialect[]>().notNull(),
    directory: text('directory').$type<Directory>().notNull(),
    /** Where the application's own server is asked, in an `http` directory; its secrets lie with its webhook endpoint. */
    directoryUrl: text('directory_url'),
    linkMinutes: integer('link_minutes').notNull(),
    codeMinutes: integer('code_minutes').notNull(),
    /** Null: 8, or what a dialect's own mails have. */
    codeDigits: integer('code_digits'),
    deliverWithinMinutes: integer('deliver_within_minutes').notNull(),
    minPasswordLength: integer('min_password_length').notNull(),
    /** What its endpoints want to hear of: so that an event that nobody wants costs nothing. */
    webhookEvents: text('webhook_events').array().$type<WebhookEvent[]>().notNull().default([]),
    nile: jsonb('nile').$type<NileSettings>().notNull().default({}),
    /** What a request without a secret key must bring; null: nothing. */
    humanProof: jsonb('human_proof').$type<HumanProof>(),
    limits: jsonb('limits').$type<Limits>().notNull(),
    createdAt: madeAt(),
  },
  table => [
    uniqueIndex('applications_slug').on(table.slug),
    check('applications_directory', sql`${table.directory} in ('builtin', 'caller', 'http')`),
  ],
)

/** An alias belongs to one application; dialects find their tenant by it. */
export const applicationAliases = pgTable(
  'application_aliases',
  {
    alias: text('alias').primaryKey(),
    applicationId: text('application_id')
      .notNull()
      .references(() => applications.id, { onDelete: 'cascade' }),
  },
  table => [index('application_aliases_application').on(table.applicationId)],
)

export const apiKeys = pgTable(
  'api_keys',
  {
    id: text('id').primaryKey(),
    applicationId: text('application_id')
      .notNull()
      .references(() => applications.id, { onDelete: 'cascade' }),
    kind: text('kind').$type<KeyKind>().notNull(),
    name: text('name'),
    digest: bytea('digest').notNull(),
    /** The last four characters, so that people can tell keys apart. */
    hint: text('hint').notNull(),
    /** What a secret key may do; null: everything of its application. */
    scopes: text('scopes').array().$type<Scope[]>(),
    createdAt: madeAt(),
    expiresAt: time('expires_at'),
    /** To the minute. */
    lastUsedAt: time('last_used_at'),
    revokedAt: time('revoked_at'),
  },
  table => [
    uniqueIndex('api_keys_digest').on(table.digest),
    index('api_keys_application').on(table.applicationId),
    check('api_keys_kind', sql`${table.kind} in ('secret', 'publishable')`),
  ],
)
