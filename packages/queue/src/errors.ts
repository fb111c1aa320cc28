/** The queue's server is out of reach or refuses: the caller's row stays the truth, try again later. */
export class QueueUnavailableError extends Error {
  override readonly name = 'QueueUnavailableError'
  readonly retryable = true

  /** The driver's error code or class. */
  readonly code: string

  constructor(code: string, cause?: unknown) {
    super(`the queue is out of reach (${code})`, { cause })
    this.code = code
  }
}

/** Thrown by a handler whose job must fail at once, with no further try. */
export class GiveUpError extends Error {
  override readonly name = 'GiveUpError'

  /** Kept as the job's reason: a word, never data. */
  readonly code: string

  constructor(code: string) {
    super(code)
    this.code = code
  }
}

/**
 * What may be said of any error in a log or in a stored job: its code or its class. A message is left out, since
 * it may hold addresses, parameters or a server's words.
 */
export function errorCode(error: unknown): string {
  if (!(error instanceof Error)) return 'Error'
  const code = (error as { code?: unknown }).code
  for (const word of [code, error.name]) {
    if ((typeof word === 'string' || typeof word === 'number') && /^[\w.-]{1,60}$/.test(`${word}`))
      return `${word}`
  }
  return 'Error'
}

/** Like `errorCode`, for servers' refusals: Redis puts its code in front of the message. */
export function serverCode(error: unknown): string {
  const reply =
    error instanceof Error && error.name === 'ReplyError' && /^[A-Z]{2,20}\b/.exec(error.message)?.[0]
  return reply || errorCode(error)
}
