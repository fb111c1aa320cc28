/** What the pages know of an application: who they speak for and what they ask of a password. */
export interface PageApplication {
  id: string
  slug: string
  name: string
  brand: { color: string; logoUrl?: string; supportEmail?: string; address?: string }
  locale: string
  minPasswordLength: number
  /** 8 where the application does not say. */
  codeDigits: number | null
  /** Minutes a mailed link lives; 30 unless told. */
  linkMinutes?: number
  /** Minutes a mailed code lives; 10 unless told. */
  codeMinutes?: number
  /** What the form must bring beside the login. */
  humanProof?: { kind: 'altcha' } | { kind: 'turnstile' | 'hcaptcha'; siteKey: string } | null
}

/** Whose widget a form shows. */
export type WidgetKind = NonNullable<PageApplication['humanProof']>['kind']

/** Where a call came from, for limits and for the notice mail. */
export interface PageClient {
  ip: string
  userAgent: string
}

/** How a code is found: by its request, or by a login at one application, never at all of them. */
export type CodeOwner = { requestId: string } | { applicationId: string; login: string }

/**
 * The core's verbs as the pages need them. A refusal is thrown as an error with a `code`: `token_unusable`,
 * `password_refused` (with `reasons`), `rate_limited` (with `retryAfter`, seconds), `invalid_request` (may
 * carry `errors: [{path}]`), `human_proof_required`, `not_found` or `unavailable`. Anything else becomes the 500 page.
 */
export interface PageVerbs {
  /** Null also for one whose own pages ask for a reset and set the password. */
  findApplication(slug: string): Promise<PageApplication | null>
  request(input: {
    application: PageApplication
    login: string
    locale: string
    redirectUrl?: string
    /** That a person asks: what the widget put into the form. */
    proof?: string
    client: PageClient
  }): Promise<{ id: string }>
  /** A challenge of ALTCHA's for this application's form; refused as `not_found` where it asks for none. */
  challenge(slug: string, client: PageClient): Promise<object>
  exchange(
    input: CodeOwner & { code: string; client: PageClient },
  ): Promise<{ token: string; expiresAt: Date }>
  peek(token: string): Promise<{ expiresAt: Date; login: string; application: PageApplication }>
  complete(input: { token: string; password: string; client: PageClient }): Promise<{ redirectUrl?: string }>
}

/** The closed set of reasons for which a password is refused. */
export const refusalReasons = [
  'too_short',
  'too_long',
  'too_common',
  'too_guessable',
  'like_login',
  'breached',
] as const
export type RefusalReason = (typeof refusalReasons)[number]

const statuses = {
  invalid_request: 400,
  human_proof_required: 403,
  not_found: 404,
  token_unusable: 410,
  password_refused: 422,
  rate_limited: 429,
  unavailable: 503,
} as const

export interface Refusal {
  code: keyof typeof statuses
  status: (typeof statuses)[keyof typeof statuses]
  reasons: RefusalReason[]
  /** Seconds until another try makes sense. */
  retryAfter?: number
  /** The inputs that were wrong, where the core names them. */
  paths: string[]
}

/** Reads a verb's refusal. Whatever is none is thrown again. */
export function refusalOf(error: unknown): Refusal {
  const { code, reasons, retryAfter, errors } = (error ?? {}) as Record<string, unknown>
  if (typeof code !== 'string' || !Object.hasOwn(statuses, code)) throw error
  const known = code as keyof typeof statuses
  const given = Array.isArray(reasons) ? reasons : []
  return {
    code: known,
    status: statuses[known],
    reasons: refusalReasons.filter(reason => given.includes(reason)),
    retryAfter: typeof retryAfter === 'number' && retryAfter > 0 ? Math.ceil(retryAfter) : undefined,
    paths: Array.isArray(errors) ? errors.map(entry => String(entry?.path)) : [],
  }
}
