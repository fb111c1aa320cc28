import { sql } from 'drizzle-orm'
import { check, index, integer, jsonb, pgTable, text, uniqueIndex } from 'drizzle-orm/pg-core'
import { madeAt, time } from '../columns.ts'
import type { DeliveryAttempt, DeliveryEvent, SealedSecret, WebhookEvent } from '../types.ts'
import { applications } from './applications.ts'

export const webhookEndpoints = pgTable(
  'webhook_endpoints',
  {
    id: text('id').primaryKey(),
    applicationId: text('application_id')
      .notNull()
      .references(() => applications.id, { onDelete: 'cascade' }),
    /** `directory`: the application's own server, where it keeps the accounts; one at most, and told no events. */
    kind: text('kind').$type<'events' | 'directory'>().notNull().default('events'),
    url: text('url').notNull(),
    events: text('events').array().$type<WebhookEvent[]>().notNull(),
    /** Newest first. */
    secrets: jsonb('secrets').$type<SealedSecret[]>().notNull(),
    /** Switched off by hand, or because it failed for too long: then with the reason. */
    disabledAt: time('disabled_at'),
    disabledReason: text('disabled_reason'),
    /** Since when nothing was delivered; null after each success. */
    failingSince: time('failing_since'),
    createdAt: madeAt(),
  },
  table => [
    index('webhook_endpoints_application').on(table.applicationId, table.id),
    uniqueIndex('webhook_endpoints_directory').on(table.applicationId).where(sql`kind = 'directory'`),
    check('webhook_endpoints_kind', sql`${table.kind} in ('events', 'directory')`),
  ],
)

/** One event for one endpoint, written in the transaction of what happened. Its id is the `webhook-id` of every try. */
export const webhookDeliveries = pgTable(
  'webhook_deliveries',
  {
    id: text('id').primaryKey(),
    endpointId: text('endpoint_id')
      .notNull()
      .references(() => webhookEndpoints.id, { onDelete: 'cascade' }),
    event: text('event').$type<DeliveryEvent>().notNull(),
    payload: jsonb('payload').$type<Record<string, unknown>>().notNull(),
    status: text('status').$type<'queued' | 'delivered' | 'failed'>().notNull().default('queued'),
    tries: integer('tries').notNull().default(0),
    /** Counts claims; who holds an older number has lost the delivery to somebody else. */
    claim: integer('claim').notNull().default(0),
    leaseUntil: time('lease_until'),
    nextTryAt: time('next_try_at').notNull().defaultNow(),
    lastStatus: integer('last_status'),
    lastError: text('last_error'),
    /** The last ten tries, oldest first, those before a replay among them. */
    attempts: jsonb('attempts').$type<DeliveryAttempt[]>().notNull().default([]),
    createdAt: madeAt(),
    /** When its tries began: at first its creation, later its replay. */
    startedAt: time('started_at').notNull().defaultNow(),
    endedAt: time('ended_at'),
  },
  table => [
    index('webhook_deliveries_endpoint').on(table.endpointId, table.id),
    index('webhook_deliveries_due').on(table.nextTryAt).where(sql`status = 'queued'`),
    index('webhook_deliveries_ended').on(table.endedAt).where(sql`ended_at is not null`),
    check('webhook_deliveries_status', sql`${table.status} in ('queued', 'delivered', 'failed')`),
  ],
)
