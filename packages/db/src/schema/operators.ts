import { sql } from 'drizzle-orm'
import { bigint, index, integer, pgTable, primaryKey, text } from 'drizzle-orm/pg-core'
import { bytea, madeAt, time } from '../columns.ts'

/**
 * How often something happened, by minute and by hour, counted as it happens, so that no figure needs a look at the
 * requests themselves. `subject`: `all`, `app:<id>`, `dialect:<name>` or `server:<mail server>`.
 */
export const figures = pgTable(
  'figures',
  {
    grain: text('grain').$type<'minute' | 'hour'>().notNull(),
    at: time('at').notNull(),
    subject: text('subject').notNull(),
    name: text('name').notNull(),
    value: bigint('value', { mode: 'number' }).notNull(),
  },
  table => [
    primaryKey({ columns: [table.grain, table.subject, table.at, table.name] }),
    index('figures_at').on(table.grain, table.at),
  ],
)

/** Worker processes, as they say of themselves every few seconds. */
export const workers = pgTable(
  'workers',
  {
    id: text('id').primaryKey(),
    host: text('host').notNull(),
    pid: integer('pid').notNull(),
    concurrency: integer('concurrency').notNull(),
    busy: integer('busy').notNull(),
    startedAt: time('started_at').notNull().default(sql`now()`),
    seenAt: time('seen_at').notNull().default(sql`now()`),
  },
  table => [index('workers_seen').on(table.seenAt)],
)

/** Operators who signed in with their key in a browser. */
export const operatorSessions = pgTable(
  'operator_sessions',
  {
    digest: bytea('digest').primaryKey(),
    createdAt: madeAt(),
    seenAt: time('seen_at').notNull().default(sql`now()`),
  },
  table => [index('operator_sessions_seen').on(table.seenAt)],
)

/** What operators and keys changed. Rows are only ever added: a trigger refuses everything else. */
export const auditLog = pgTable(
  'audit_log',
  {
    id: bigint('id', { mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    at: time('at').notNull().default(sql`now()`),
    /** `operator`, or a key's id. */
    actor: text('actor').notNull(),
    /** No reference: what happened to an application stays told when it is gone. */
    applicationId: text('application_id'),
    action: text('action').notNull(),
    target: text('target'),
    /** Names of what was changed, never values. */
    fields: text('fields').array().notNull(),
    ip: text('ip'),
    requestId: text('request_id'),
  },
  table => [index('audit_log_application').on(table.applicationId, table.id)],
)

/** When each mail server with a rate may be handed its next mail: one row that all workers share. */
export const paces = pgTable('paces', {
  server: text('server').primaryKey(),
  nextAt: time('next_at').notNull(),
})
