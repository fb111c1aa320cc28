import { index, pgTable, text, uniqueIndex } from 'drizzle-orm/pg-core'
import { madeAt, time } from '../columns.ts'
import { applications } from './applications.ts'

export const accounts = pgTable(
  'accounts',
  {
    id: text('id').primaryKey(),
    applicationId: text('application_id')
      .notNull()
      .references(() => applications.id, { onDelete: 'cascade' }),
    login: text('login').notNull(),
    /** The login as it is compared: NFC, ASCII lower case. */
    loginKey: text('login_key').notNull(),
    email: text('email').notNull(),
    emailKey: text('email_key').notNull(),
    name: text('name'),
    locale: text('locale'),
    passwordHash: text('password_hash'),
    passwordSetAt: time('password_set_at'),
    /** Sessions that began before this moment must end. */
    sessionsValidAfter: time('sessions_valid_after'),
    createdAt: madeAt(),
    updatedAt: time('updated_at').notNull().defaultNow(),
  },
  table => [
    uniqueIndex('accounts_login').on(table.applicationId, table.loginKey),
    index('accounts_email').on(table.applicationId, table.emailKey),
  ],
)
