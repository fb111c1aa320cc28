import { isUnavailable } from '@sparekey/db/unavailable'
import type { Log } from '@sparekey/log/log'
import { QueueUnavailableError } from '@sparekey/queue/errors'
import { type FieldError, type PasswordReason, ResetError, type ResetErrorCode } from '@sparekey/reset/errors'
import type { Context } from 'hono'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import { requestIdOf } from './observed.ts'

/** Every code that an answer of `/v1` can hold, with its status: the one table. */
export const problems = {
  malformed_json: { status: 400, title: 'The body is no JSON that can be read' },
  invalid_request: { status: 400, title: 'The request holds something wrong' },
  unauthenticated: { status: 401, title: 'A valid API key is needed' },
  forbidden: { status: 403, title: 'This key may not do that' },
  human_proof_required: { status: 403, title: 'A proof is needed that a person asks' },
  not_found: { status: 404, title: 'There is no such thing' },
  method_not_allowed: { status: 405, title: 'This path does not know the method' },
  idempotency_in_progress: { status: 409, title: 'The first call with this Idempotency-Key still runs' },
  token_unusable: { status: 410, title: 'This link or code can not be used' },
  body_too_large: { status: 413, title: 'The body is too large' },
  unsupported_media_type: { status: 415, title: 'The body has a wrong content type' },
  password_refused: { status: 422, title: 'This password was refused' },
  idempotency_mismatch: { status: 422, title: 'This Idempotency-Key was used with another body' },
  rate_limited: { status: 429, title: 'Too many calls' },
  internal: { status: 500, title: 'Something went wrong here' },
  unavailable: { status: 503, title: 'The service can not take the call now' },
} as const satisfies Record<ResetErrorCode | string, { status: ContentfulStatusCode; title: string }>

export type ProblemCode = keyof typeof problems

interface Details {
  errors?: FieldError[]
  reasons?: PasswordReason[]
  headers?: Record<string, string>
}

/** A refusal by the transport itself. Its message is shown to whoever called. */
export class ApiError extends Error {
  override name = 'ApiError'
  readonly code: ProblemCode
  readonly details: Details

  constructor(code: ProblemCode, message: string, details: Details = {}) {
    super(message)
    this.code = code
    this.details = details
  }
}

/** The problem details of RFC 9457, with our members: `code`, `requestId`, `errors`, `reasons`. */
export interface Problem {
  type: string
  title: string
  status: number
  detail: string
  code: ProblemCode
  requestId: string
  errors?: FieldError[]
  reasons?: PasswordReason[]
}

const usualHeaders: { [K in ProblemCode]?: Record<string, string> } = {
  unauthenticated: { 'WWW-Authenticate': 'Bearer' },
  rate_limited: { 'Retry-After': '60' },
  unavailable: { 'Retry-After': '5' },
  // What is left of the body is not read.
  body_too_large: { Connection: 'close' },
}

/** The headers that an error's answer has, whatever its body looks like. */
export function headersOf({ code, details }: ApiError): Record<string, string> {
  return { ...usualHeaders[code], ...details.headers }
}

/** Any error as an ApiError; what nobody foresaw becomes `unavailable` or `internal` without a word of its own. */
export function toApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error
  if (error instanceof ResetError) {
    const { code, message, errors, reasons, retryAfter } = error
    const headers = retryAfter === undefined ? undefined : { 'Retry-After': String(Math.ceil(retryAfter)) }
    return new ApiError(code, message, { errors, reasons, headers })
  }
  if (error instanceof QueueUnavailableError || isUnavailable(error))
    return new ApiError('unavailable', 'The database or the queue is out of reach. Try again shortly.')
  return new ApiError('internal', 'The cause is logged under this request id.')
}

/** The answer to an error: `application/problem+json` (RFC 9457). */
export function problemResponse(c: Context, error: ApiError): Response {
  const { code, message, details } = error
  const { status, title } = problems[code]
  const problem: Problem = {
    type: `urn:sparekey:problem:${code}`,
    title,
    status,
    detail: message,
    code,
    requestId: requestIdOf(c),
    ...(details.errors ? { errors: details.errors } : {}),
    ...(details.reasons ? { reasons: details.reasons } : {}),
  }
  return c.body(JSON.stringify(problem), status, {
    'Content-Type': 'application/problem+json',
    'Cache-Control': 'no-store',
    ...headersOf(error),
  })
}

/** For every `onError`: what may be said about an error. Logs what is our own fault. */
export function createExplain(log: Log) {
  return (error: unknown, c: Context): ApiError => {
    const known = toApiError(error)
    const requestId = requestIdOf(c)
    if (known.code === 'internal') log.error({ error, requestId }, 'unexpected error')
    if (known.code === 'unavailable') log.warn({ error, requestId }, 'answered 503')
    return known
  }
}
