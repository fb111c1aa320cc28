import { sql } from 'drizzle-orm'
import {
  boolean,
  check,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  uniqueIndex,
} from 'drizzle-orm/pg-core'
import { bytea, madeAt, time } from '../columns.ts'
import type { Carries, ClientFacts, Dialect, Recipient, RequestStatus, Trouble } from '../types.ts'
import { applications } from './applications.ts'

// Not by its status, though it comes to the same: a column that an index names can't change without a new entry in every
// index, and a request's status changes with each mail that is sent.
const accepted = sql`minted_at is null and ended_at is null`
const live = sql`minted_at is not null and ended_at is null`
const hasToken = sql`token_digest is not null and ended_at is null`

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
    /** Where this request's link leads, `{token}` in it, instead of where the application's links lead. */
    resetUrl: text('reset_url'),
    carries: text('carries').$type<Carries>().notNull().default('link'),
    metadata: jsonb('metadata').$type<Record<string, unknown>>(),
    client: jsonb('client').$type<ClientFacts>().notNull(),
    /** Whom to mail, where the directory is the caller's. */
    recipient: jsonb('recipient').$type<Recipient>(),
    status: text('status').$type<RequestStatus>().notNull(),
    /** Its status where that is one of trouble, for an index that no other needs an entry in. A trigger keeps it. */
    trouble: text('trouble').$type<Trouble>(),
    reason: text('reason'),
    /** Grows with each resend; a mail of an older generation decides nothing any more. */
    generation: integer('generation').notNull().default(1),
    /** May be gone by now, and is never another's: a foreign key would look through all requests to delete an account. */
    accountId: text('account_id'),
    /** Who gets the mail, once known: the account's id, or the caller's id of the person. */
    recipientKey: text('recipient_key'),
    secretId: text('secret_id'),
    /** Erased once the mail server has taken the mail. */
    seed: bytea('seed'),
    tokenDigest: bytea('token_digest'),
    codeDigest: bytea('code_digest'),
    /** How many digits its code has: of the time it was minted. */
    codeDigits: integer('code_digits'),
    /** Finds a code that comes without a login: keyed by the application, and only one live request has it. */
    codeLookup: bytea('code_lookup'),
    codeTries: integer('code_tries').notNull().default(0),
    createdAt: madeAt(),
    /** When it was last sent again. */
    resentAt: time('resent_at'),
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
    uniqueIndex('reset_requests_code')
      .on(table.applicationId, table.codeLookup)
      .where(sql`code_lookup is not null`),
    uniqueIndex('reset_requests_one_live').on(table.applicationId, table.recipientKey).where(live),
    index('reset_requests_login').on(table.applicationId, table.loginKey, table.id),
    index('reset_requests_list').on(table.applicationId, table.id),
    index('reset_requests_accepted').on(table.enqueuedAt).where(accepted),
    // Not to be used where a live request is looked for by its recipient, which says nothing of its token: while few
    // requests are live a plan may take it, and stays when there are many, all of which it then walks through each time.
    index('reset_requests_expiring').on(table.expiresAt).where(hasToken),
    // Few among many, and what operators look for.
    index('reset_requests_trouble').on(table.trouble, table.id).where(sql`trouble is not null`),
    index('reset_requests_dialect').on(table.dialect, table.id).where(sql`dialect <> 'sparekey'`),
    index('reset_requests_ended').on(table.endedAt).where(sql`ended_at is not null`),
    check(
      'reset_requests_status',
      sql`${table.status} in ('accepted', 'sending', 'sent', 'used', 'expired', 'replaced', 'unknown', 'failed', 'ignored', 'cancelled')`,
    ),
    check('reset_requests_carries', sql`${table.carries} in ('link', 'code')`),
  ],
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

/** Wrong codes by application and hour, which breakers look at, and whether it was told that one tripped. */
export const codeGuesses = pgTable(
  'code_guesses',
  {
    applicationId: text('application_id')
      .notNull()
      .references(() => applications.id, { onDelete: 'cascade' }),
    hour: time('hour').notNull(),
    /** That came without a login. */
    wrong: integer('wrong').notNull().default(0),
    told: boolean('told').notNull().default(false),
    /** That came for a request or a login. */
    wrongExchanges: integer('wrong_exchanges').notNull().default(0),
    toldExchanges: boolean('told_exchanges').notNull().default(false),
  },
  table => [primaryKey({ columns: [table.applicationId, table.hour] })],
)

/** Proofs of humanity that were taken, so that none is taken twice, until they would be too old anyway. */
export const humanProofs = pgTable(
  'human_proofs',
  {
    applicationId: text('application_id')
      .notNull()
      .references(() => applications.id, { onDelete: 'cascade' }),
    digest: bytea('digest').notNull(),
    /** The Idempotency-Key that it was taken with: the same call may come again. */
    takenFor: bytea('taken_for'),
    expiresAt: time('expires_at').notNull(),
  },
  table => [
    primaryKey({ columns: [table.applicationId, table.digest] }),
    index('human_proofs_expires').on(table.expiresAt),
  ],
)
