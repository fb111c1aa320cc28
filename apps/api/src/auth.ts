import { createHash, timingSafeEqual } from 'node:crypto'
import type { Credential } from '@sparekey/reset/keys'
import type { Context } from 'hono'
import { ApiError } from './problem.ts'

/** Which key a call takes: `any` is a publishable or a secret one, `optional` the same or none. */
export type KeyNeed = 'secret' | 'any' | 'optional' | 'admin' | 'none'

export type Caller = Credential | { kind: 'admin' } | { kind: 'anonymous' }

export interface AuthDeps {
  credentials: { find(keyText: string): Promise<Credential | undefined> }
  adminKey: string
  publicUrl: string
  /** Counts a refused key; throws `rate_limited` when there were too many. */
  onRefused(c: Context): Promise<void>
}

const digest = (text: string) => createHash('sha256').update(text).digest()

/**
 * Finds out who calls and whether that key may. A secret or admin key next to an Origin header is refused, since
 * it must have been put into a page; a publishable one is taken from the application's own origins only, which are
 * then told so to the browser (CORS).
 */
export function createAuth({ credentials, adminKey, publicUrl, onRefused }: AuthDeps) {
  const adminDigest = digest(adminKey)
  const ownOrigin = new URL(publicUrl).origin

  async function identify(c: Context): Promise<Caller> {
    const header = c.req.header('authorization')
    if (header === undefined) return { kind: 'anonymous' }
    const key = /^Bearer +([\x21-\x7e]{1,200})$/i.exec(header)?.[1]
    if (key !== undefined) {
      if (timingSafeEqual(digest(key), adminDigest)) return { kind: 'admin' }
      const found = await credentials.find(key)
      if (found) return found
    }
    await onRefused(c)
    throw new ApiError('unauthenticated', 'This API key is unknown or was revoked.')
  }

  /** Whether a page of our own sent this: the browser says so, and no script can. */
  function isOwnPage(c: Context, origin: string): boolean {
    return c.req.header('sec-fetch-site') === 'same-origin' || origin === ownOrigin
  }

  function checkOrigin(c: Context, caller: Caller): void {
    const origin = c.req.header('origin')
    if (origin === undefined) return
    if (caller.kind === 'secret' || caller.kind === 'admin')
      throw new ApiError('forbidden', 'This key must not be used in a browser: it opens everything.')
    c.header('Vary', 'Origin')
    if (caller.kind === 'publishable' && caller.application.redirectOrigins.includes(origin)) {
      c.header('Access-Control-Allow-Origin', origin)
      c.header(
        'Access-Control-Expose-Headers',
        'Location, Retry-After, RateLimit, RateLimit-Policy, X-Request-Id',
      )
    } else if (!isOwnPage(c, origin)) {
      throw new ApiError(
        'forbidden',
        caller.kind === 'anonymous'
          ? 'From a page of another origin a publishable key is needed.'
          : "This origin is not among the application's redirectOrigins.",
      )
    }
  }

  return async function authenticate(c: Context, need: KeyNeed): Promise<Caller> {
    if (need === 'none') return { kind: 'anonymous' }
    const caller = await identify(c)
    if (caller.kind === 'anonymous' && need !== 'optional')
      throw new ApiError('unauthenticated', 'Send an API key as Authorization: Bearer.')
    checkOrigin(c, caller)
    const fits =
      need === 'admin'
        ? caller.kind === 'admin'
        : need === 'secret'
          ? caller.kind === 'secret'
          : caller.kind !== 'admin'
    if (fits) return caller
    throw new ApiError('forbidden', wanted[need])
  }
}

const wanted = {
  admin: 'This call takes the admin key only.',
  secret: "This call takes an application's secret key only.",
  any: "This call takes an application's key.",
  optional: "This call takes an application's key, or none.",
}

/**
 * Answers a browser's preflight for a call that browsers may make. Any origin is told yes, as the preflight carries
 * no key to judge by; the call itself decides.
 */
export function answerPreflight(c: Context, method: string): Response {
  const origin = c.req.header('origin')
  if (!origin) return c.body(null, 204, { Allow: `${method}, OPTIONS` })
  return c.body(null, 204, {
    'Access-Control-Allow-Origin': origin,
    'Access-Control-Allow-Methods': method,
    'Access-Control-Allow-Headers': 'Authorization, Content-Type, Idempotency-Key',
    'Access-Control-Max-Age': '600',
    Vary: 'Origin',
  })
}
