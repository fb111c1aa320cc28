import { sql } from 'drizzle-orm'
import { bigint, index, integer, pgTable, primaryKey, text } from 'drizzle-orm/pg-core'
import { bytea, madeAt, time } from '../columns.ts'
import { applications } from './applications.ts'

/**
 * How often something happened, by minute and by hour, counted as it happens, so that no figure needs a look at the
 * requests themselves. `subject`: `all`, `app:<id>`, `dialect:<name>` or `dialect:<name> app:<id>`; `name` is what happened,
 * and for a try to hand a mail over `<outcome>@<mail server>`.
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
    // Finds the applications with the most of a moment, of all dialects or of one, without a look at the others, nor at
    // the table itself.
    index('figures_busiest')
      .on(
        table.grain,
        sql`split_part(${table.subject}, 'app:', 1)`,
        table.name,
        table.at,
        table.value,
        table.subject,
      )
      .where(sql`subject like '%app:%' and name in ('accepted', 'failed')`),
  ],
)

/** Hours in which an application's requests looked like an attack, so that each is told of once. */
export const spikes = pgTable(
  'spikes',
  {
    applicationId: text('application_id')
      .notNull()
      .references(() => applications.id, { onDelete: 'cascade' }),
    hour: time('hour').notNull(),
  },
  table => [primaryKey({ columns: [table.applicationId, table.hour] })],
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
    /** Its mail servers, in the order in which they are tried. */
    servers: text('servers').array().notNull().default([]),
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
    /** `operator`, `cli` for the command line, or a key's id. */
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
