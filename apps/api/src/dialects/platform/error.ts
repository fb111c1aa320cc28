import { type ApiError, headersOf, problems } from '../../problem.ts'
import { reasonTexts } from '../words.ts'
import type { Failure, ResponseStatus } from './format.ts'

/** What .NET calls such an error, or its status. */
const errorCodes: { [code in ApiError['code']]?: string } = {
  malformed_json: 'SerializationException',
  body_too_large: 'SerializationException',
  unsupported_media_type: 'SerializationException',
  token_unusable: 'ArgumentException',
  not_found: 'NotFound',
  method_not_allowed: 'MethodNotAllowed',
  rate_limited: 'TooManyRequests',
  internal: 'InternalServerError',
  unavailable: 'ServiceUnavailable',
}

/** The core's names for what a DTO calls otherwise. */
const fieldNames = new Map([
  ['redirectUrl', 'ApplianceLoginUrl'],
  ['login', 'UserName'],
  ['token', 'Token'],
  ['password', 'NewPassword'],
])

/** An error as the vendor's: .NET's names, and 400 for whatever is the call's own fault. */
export function toFailure(error: ApiError): Failure {
  const { code } = error
  const { status } = problems[code]
  return {
    responseStatus: toResponseStatus(error),
    status: status === 404 || status === 405 || status === 429 || status >= 500 ? status : 400,
    headers: headersOf(error),
  }
}

function toResponseStatus({ code, message, details }: ApiError): ResponseStatus {
  const ErrorCode = errorCodes[code] ?? 'ValidationException'
  const entry = (FieldName: string, Message: string) => ({ ErrorCode, FieldName, Message })
  const fields = details.errors?.map(({ path, message }) => entry(fieldNames.get(path) ?? path, message))
  const reasons = details.reasons?.map(reason => entry('NewPassword', reasonTexts[reason]))
  const token = code === 'token_unusable' ? [entry('Token', message)] : undefined
  const Errors = fields ?? reasons ?? token ?? []
  const [first] = fields ?? []
  const inWords = first?.FieldName ? `${first.FieldName}: ${first.Message}` : message
  const Message = reasons?.map(({ Message }) => Message).join(' ') ?? inWords
  return { ErrorCode, Message, Errors }
}
