/** What the core can refuse, a closed set. Transports turn each into a status in one table. */
export type ResetErrorCode =
  | 'invalid_request'
  | 'unauthenticated'
  | 'forbidden'
  | 'human_proof_required'
  | 'not_found'
  | 'idempotency_in_progress'
  | 'idempotency_mismatch'
  | 'token_unusable'
  | 'password_refused'
  | 'rate_limited'
  | 'unavailable'

export type PasswordReason =
  | 'too_short'
  | 'too_long'
  | 'too_common'
  | 'too_guessable'
  | 'like_login'
  | 'breached'

export interface FieldError {
  path: string
  message: string
}

interface Details {
  errors?: FieldError[]
  reasons?: PasswordReason[]
  /** Seconds. */
  retryAfter?: number
}

/** The core's only error. Its message may be shown to whoever called; it holds no secret and no other's data. */
export class ResetError extends Error {
  override name = 'ResetError'
  readonly code: ResetErrorCode
  readonly errors: FieldError[] | undefined
  readonly reasons: PasswordReason[] | undefined
  readonly retryAfter: number | undefined

  constructor(code: ResetErrorCode, message: string, details: Details = {}) {
    super(message)
    this.code = code
    this.errors = details.errors
    this.reasons = details.reasons
    this.retryAfter = details.retryAfter
  }

  /** Whether the same call may succeed later. */
  get retryable(): boolean {
    return this.code === 'unavailable' || this.code === 'rate_limited'
  }
}

/** A field that is wrong: 400, with where and why. */
export function invalid(path: string, message: string): ResetError {
  return new ResetError('invalid_request', `${path}: ${message}`, { errors: [{ path, message }] })
}

/** Unknown, used, expired and voided look the same to whoever holds the token or the code. */
export function unusable(): ResetError {
  return new ResetError(
    'token_unusable',
    'This link or code can not be used: it is unknown, used, expired or replaced.',
  )
}

export function notFound(what: string): ResetError {
  return new ResetError('not_found', `There is no such ${what}.`)
}
