import { sql } from 'drizzle-orm'
import { check, index, pgTable, text, uniqueIndex } from 'drizzle-orm/pg-core'
import { madeAt, time } from '../columns.ts'
import type { SuppressionReason } from '../types.ts'
import { applications } from './applications.ts'

/** Addresses to which an application's reset mails do not go. */
export const suppressions = pgTable(
  'suppressions',
  {
    id: text('id').primaryKey(),
    applicationId: text('application_id')
      .notNull()
      .references(() => applications.id, { onDelete: 'cascade' }),
    /** The address as it is compared: as an account's `email_key`. */
    addressKey: text('address_key').notNull(),
    reason: text('reason').$type<SuppressionReason>().notNull(),
    /** The mail server's own words. */
    response: text('response'),
    createdAt: madeAt(),
    /** Null: until an operator takes it off. */
    expiresAt: time('expires_at'),
  },
  table => [
    uniqueIndex('suppressions_address').on(table.applicationId, table.addressKey),
    index('suppressions_list').on(table.applicationId, table.id),
    index('suppressions_expires').on(table.expiresAt).where(sql`expires_at is not null`),
    check('suppressions_reason', sql`${table.reason} in ('unknown_recipient', 'operator')`),
  ],
)
