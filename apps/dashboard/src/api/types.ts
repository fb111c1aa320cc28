/** What operators read, under short names. Times are ISO 8601 UTC, durations seconds. */
import type { components, operations } from './schema.d.ts'

type Schemas = components['schemas']
export type Application = Schemas['Application']
export type ApplicationPatch = Schemas['ApplicationPatch']
export type Key = Schemas['Key']
export type AuditEntry = Schemas['AuditEntry']
export type RequestSummary = Schemas['ResetRequestSummary']
export type ResetRequest = Schemas['ResetRequest']
export type RequestStatus = RequestSummary['status']
export type RequestQuery = NonNullable<operations['listResetRequests']['parameters']['query']>
export type Queue = Schemas['Queue']
export type Job = Schemas['Job']
export type Stats = Schemas['Stats']
export type Worker = Schemas['Worker']
export type QueueName = Queue['name']
export type JobState = Job['state']
export type StatsWindow = Stats['window']
export type Counts = Stats['totals']
export type Scope = NonNullable<Key['scopes']>[number]
export type Endpoint = Schemas['WebhookEndpoint']
export type WebhookEvent = Endpoint['events'][number]
export type Delivery = Schemas['WebhookDelivery']
export type Server = Stats['servers'][number]

/** One `figures` event of the stream, which the document can't describe. */
export interface Figures {
  at: string
  /** Null while the queue is out of reach. */
  queues: Queue[] | null
  workers: Worker[]
  /** Of the last 5 minutes. */
  stats: Stats
}

export const jobStates = ['waiting', 'active', 'delayed', 'failed', 'completed'] as const satisfies JobState[]
export const statsWindows = ['5m', '1h', '24h', '7d'] as const satisfies StatsWindow[]
export const dialects = [
  'akinon',
  'payabli',
  'nile',
  'platform',
  'autoshares',
] as const satisfies Application['dialects']
export const allDialects = ['sparekey', ...dialects] as const
export const mailLocales = [
  { value: 'en', label: 'English' },
  { value: 'de', label: 'Deutsch' },
] as const
