import type { Context } from 'hono'
import { ApiError, headersOf, problems } from '../../problem.ts'
import { sentenceOf } from '../words.ts'

/** A 400 with this text. */
export const wrong = (text: string) => new ApiError('invalid_request', text)

/** Plain text, or nothing where there is nothing at the path. What the vendor has no status for is 400. */
export function nileError(error: ApiError, c: Context): Response {
  const { status } = problems[error.code]
  if (status === 404 || status === 405) return c.body(null, status, headersOf(error))
  const own = status === 429 || status === 500 || status === 503
  return c.text(sentence(error), own ? status : 400, headersOf(error))
}

function sentence(error: ApiError): string {
  if (error.code === 'token_unusable') return 'Token expired'
  if (error.code === 'internal') return 'Internal server error'
  return sentenceOf(error)
}
