/** Every table. Texts that are closed sets are checked by Postgres too; times are `timestamptz`, by the database's clock. */
import { sql } from 'drizzle-orm'
import {
  bigint,
  boolean,
  check,
  customType,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  timestamp,
  uniqueIndex,
} from 'drizzle-orm/pg-core'
import type {
  Brand,
  ClientFacts,
  Dialect,
  Directory,
  KeyKind,
  Limits,
  MailKind,
  MailStatus,
  NoticeDetails,
  OutcomeClass,
  Recipient,
  RequestStatus,
} from './types.ts'

const bytea = customType<{ data: Buffer; driverData: Buffer }>({ dataType: () => 'bytea' })
const time = (name: string) => timestamp(name, { withTimezone: true, mode: 'date' })
const madeAt = () => time('created_at').notNull().defaultNow()

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
    linkMinutes: integer('link_minutes').notNull(),
    codeMinutes: integer('code_minutes').notNull(),
    codeDigits: integer('code_digits').notNull(),
    deliverWithinMinutes: integer('deliver_within_minutes').notNull(),
    minPasswordLength: integer('min_password_length').notNull(),
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
    createdAt: madeAt(),
    revokedAt: time('revoked_at'),
  },
  table => [
    uniqueIndex('api_keys_digest').on(table.digest),
    index('api_keys_application').on(table.applicationId),
    check('api_keys_kind', sql`${table.kind} in ('secret', 'publishable')`),
  ],
)

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

const live = sql`status in ('sending', 'sent', 'unknown')`

export const resetRequests = pgTable(
  'reset_requests',
  {
    id: text('id').primaryKey(),
    applicationId: text('application_id')
      .notNull()
      .references(() => applications.id, { onDelete: 'cascade' }),
    dialect: text('dialect').$type<Dialect>().notNull(),
    /** As it was posted. */
    login: text('login').notNull(),
    loginKey: text('login_key').notNull(),
    locale: text('locale'),
    redirectUrl: text('redirect_url'),
    metadata: jsonb('metadata').$type<Record<string, unknown>>(),
    client: jsonb('client').$type<ClientFacts>().notNull(),
    /** Whom to mail, where the directory is the caller's. */
    recipient: jsonb('recipient').$type<Recipient>(),
    status: text('status').$type<RequestStatus>().notNull(),
    reason: text('reason'),
    /** Grows with each resend; a mail of an older generation decides nothing any more. */
    generation: integer('generation').notNull().default(1),
    accountId: text('account_id').references(() => accounts.id, { onDelete: 'set null' }),
    /** Who gets the mail, once known: the account's id, or the caller's id of the person. */
    recipientKey: text('recipient_key'),
    secretId: text('secret_id'),
    /** Erased once the mail server has taken the mail. */
    seed: bytea('seed'),
    tokenDigest: bytea('token_digest'),
    codeDigest: bytea('code_digest'),
    codeTries: integer('code_tries').notNull().default(0),
    createdAt: madeAt(),
    deliverBefore: time('deliver_before').notNull(),
    enqueuedAt: time('enqueued_at').notNull().defaultNow(),
    mintedAt: time('minted_at'),
    sentAt: time('sent_at'),
    expiresAt: time('expires_at'),
    codeExpiresAt: time('code_expires_at'),
    exchangedAt: time('exchanged_at'),
    endedAt: time('ended_at'),
  },
  table => [
    uniqueIndex('reset_requests_token').on(table.tokenDigest).where(sql`token_digest is not null`),
    uniqueIndex('reset_requests_one_live').on(table.applicationId, table.recipientKey).where(live),
    index('reset_requests_recipient').on(table.applicationId, table.recipientKey, table.mintedAt),
    index('reset_requests_login').on(table.applicationId, table.loginKey, table.id),
    index('reset_requests_list').on(table.applicationId, table.id),
    index('reset_requests_accepted').on(table.enqueuedAt).where(sql`status = 'accepted'`),
    index('reset_requests_expiring').on(table.expiresAt).where(live),
    index('reset_requests_ended').on(table.endedAt).where(sql`ended_at is not null`),
    check(
      'reset_requests_status',
      sql`${table.status} in ('accepted', 'sending', 'sent', 'used', 'expired', 'replaced', 'unknown', 'failed', 'ignored', 'cancelled')`,
    ),
  ],
)

export const mails = pgTable(
  'mails',
  {
    id: text('id').primaryKey(),
    applicationId: text('application_id')
      .notNull()
      .references(() => applications.id, { onDelete: 'cascade' }),
    requestId: text('request_id')
      .notNull()
      .references(() => resetRequests.id, { onDelete: 'cascade' }),
    generation: integer('generation').notNull(),
    kind: text('kind').$type<MailKind>().notNull(),
    recipientKey: text('recipient_key').notNull(),
    toAddress: text('to_address').notNull(),
    toName: text('to_name'),
    locale: text('locale').notNull(),
    details: jsonb('details').$type<NoticeDetails>(),
    /** Whether the mail carries a code: five a day is the budget of one person. */
    withCode: boolean('with_code').notNull().default(false),
    status: text('status').$type<MailStatus>().notNull(),
    reason: text('reason'),
    /** Tries that a mail server answered; an unreachable one burns none. */
    tries: integer('tries').notNull().default(0),
    /** Tries of any kind since the last answer, for the backoff. */
    unreached: integer('unreached').notNull().default(0),
    /** Times that the line or the worker was lost while the mail server may have taken the mail. */
    lost: integer('lost').notNull().default(0),
    /** Counts claims; who holds an older number has lost the mail to somebody else. */
    claim: integer('claim').notNull().default(0),
    leaseUntil: time('lease_until'),
    nextTryAt: time('next_try_at').notNull().defaultNow(),
    deliverBefore: time('deliver_before').notNull(),
    createdAt: madeAt(),
    sentAt: time('sent_at'),
  },
  table => [
    index('mails_request').on(table.requestId),
    index('mails_recipient').on(table.applicationId, table.recipientKey, table.createdAt),
    index('mails_due').on(table.nextTryAt).where(sql`status in ('queued', 'sending')`),
    check('mails_kind', sql`${table.kind} in ('reset', 'notice')`),
    check(
      'mails_status',
      sql`${table.status} in ('queued', 'sending', 'sent', 'unknown', 'failed', 'cancelled')`,
    ),
  ],
)

/** What each mail server said to each try. */
export const mailAttempts = pgTable(
  'mail_attempts',
  {
    id: bigint('id', { mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    mailId: text('mail_id')
      .notNull()
      .references(() => mails.id, { onDelete: 'cascade' }),
    at: time('at').notNull().defaultNow(),
    transport: text('transport').notNull(),
    outcome: text('outcome').$type<OutcomeClass>().notNull(),
    code: integer('code'),
    response: text('response'),
    durationMs: integer('duration_ms').notNull(),
  },
  table => [index('mail_attempts_mail').on(table.mailId)],
)

/** Kept for 24 hours. The row is written in the statement that writes the request, so it always has its answer. */
export const idempotencyKeys = pgTable(
  'idempotency_keys',
  {
    applicationId: text('application_id')
      .notNull()
      .references(() => applications.id, { onDelete: 'cascade' }),
    route: text('route').notNull(),
    keyDigest: bytea('key_digest').notNull(),
    bodyDigest: bytea('body_digest').notNull(),
    requestId: text('request_id').notNull(),
    createdAt: madeAt(),
  },
  table => [
    primaryKey({ columns: [table.applicationId, table.route, table.keyDigest] }),
    index('idempotency_keys_created').on(table.createdAt),
  ],
)
