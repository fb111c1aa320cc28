/** The closed sets and JSON shapes that the tables hold. */
export type Directory = 'builtin' | 'caller' | 'http'
export type KeyKind = 'secret' | 'publishable'
export type MailKind = 'reset' | 'notice'
export const dialects = ['sparekey', 'akinon', 'payabli', 'nile', 'platform', 'autoshares'] as const
export type Dialect = (typeof dialects)[number]

/** Why no mail goes to an address: a mail server said that there is no such mailbox, or an operator said so. */
export const suppressionReasons = ['unknown_recipient', 'operator'] as const
export type SuppressionReason = (typeof suppressionReasons)[number]

/** What a mail gives the person: a link with a code beside it, or a code alone. */
export type Carries = 'link' | 'code'

export type RequestStatus =
  | 'accepted'
  | 'sending'
  | 'sent'
  | 'used'
  | 'expired'
  | 'replaced'
  | 'unknown'
  | 'failed'
  | 'ignored'
  | 'cancelled'

/** What operators look for: the mail did not arrive, or may not have. */
export type Trouble = 'failed' | 'unknown' | 'cancelled'

export type MailStatus = 'queued' | 'sending' | 'sent' | 'unknown' | 'failed' | 'cancelled'

export type OutcomeClass =
  | 'accepted'
  | 'refused'
  | 'later'
  | 'throttled'
  | 'lost_before_data'
  | 'lost_after_data'

export interface Brand {
  color: string
  logoUrl?: string
  supportEmail?: string
  address?: string
}

export interface Limits {
  perRecipientHour: number
  perRecipientDay: number
  perAddressMinute: number
  perKeyMinute: number
  /** Wrong codes without a login, of the whole application. */
  wrongCodesHour: number
  wrongCodesDay: number
  /** Wrong codes for a request or a login, of the whole application. */
  wrongExchangesHour: number
  wrongExchangesDay: number
  /** Requests in a minute up to which nobody suspects anything. */
  suspectRequestsMinute: number
}

/** What only the nile dialect looks at. */
export interface NileSettings {
  /** Answer 200 for a login that nobody has, as the vendor does; tells who has an account. */
  revealUnknown?: boolean
}

export interface ClientFacts {
  ip?: string
  userAgent?: string
}

export interface Recipient {
  id: string
  email: string
  name?: string
  locale?: string
  /** An operator's look at the real mail. */
  test?: boolean
}

export interface NoticeDetails {
  login: string
  changedAt: string
  ip?: string
  userAgent?: string
}

/** What applications can be told of. `reset.*` are about requests, `account.*` about accounts. */
export const webhookEvents = [
  'reset.accepted',
  'reset.sent',
  'reset.failed',
  'reset.used',
  'account.password_changed',
  'abuse.suspected',
] as const
export type WebhookEvent = (typeof webhookEvents)[number]

/** What is delivered from the outbox: events for webhook endpoints, and what the application's own server must do. */
export type DeliveryEvent = WebhookEvent | 'directory.revoke_sessions'

/** One try of a delivery: what was answered, or why nothing was. Where nothing was sent it took no time. */
export interface DeliveryAttempt {
  /** ISO 8601, UTC: when it began. */
  at: string
  status?: number
  error?: string
  durationMs?: number
}

/** A signing secret, encrypted; `secretId` names the key that it was encrypted with. */
export interface SealedSecret {
  secretId: string
  sealed: string
  /** After this the secret signs no more: it was rotated. */
  until?: string
}

/** Whose word it takes that a person asks, where a publishable key does: proof of work, or a vendor's. */
export type HumanProof =
  | { kind: 'altcha' }
  | { kind: 'turnstile' | 'hcaptcha'; siteKey: string; secret: SealedSecret }

/** What a secret key can be narrowed to. `admin:*` are the application's own settings: its webhooks. */
export const scopes = ['requests:write', 'requests:read', 'tokens:redeem', 'accounts:*', 'admin:*'] as const
export type Scope = (typeof scopes)[number]
