import { sql } from 'drizzle-orm'
import { bigint, boolean, check, index, integer, jsonb, pgTable, text } from 'drizzle-orm/pg-core'
import { madeAt, time } from '../columns.ts'
import type { MailKind, MailStatus, NoticeDetails, OutcomeClass } from '../types.ts'
import { resetRequests } from './reset-requests.ts'

export const mails = pgTable(
  'mails',
  {
    id: text('id').primaryKey(),
    /** Of its request, which goes with its application: not checked a second time. */
    applicationId: text('application_id').notNull(),
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
