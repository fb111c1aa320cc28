import { hash, timingSafeEqual } from 'node:crypto'
import type { Scope } from '@sparekey/db/types'
import { type Credential, digestOf } from '@sparekey/reset/keys'
import type { Context } from 'hono'
import { headerOf, incomingOf } from './incoming.ts'
import { ApiError } from './problem.ts'
import type { Sessions } from './sessions.ts'

/**
 * Which key a call takes: `any` is a publishable or a secret one, `optional` the same or none, `operator` an
 * application's secret or the admin key. An operator's session stands for the admin key.
 */
export type KeyNeed = 'secret' | 'any' | 'optional' | 'operator' | 'admin' | 'none'

export type Caller = Credential | { kind: 'admin'; by: 'key' | 'session' } | { kind: 'anonymous' }

export interface AuthDeps {
  credentials: { find(digest: string | undefined): Promise<Credential | undefined> }
  adminKey: string
  publicUrl: string
  sessions: Pick<Sessions, 'read'>
  /** Counts a refused key; throws `rate_limited` when there were too many. */
  onRefused(c: Context): Promise<void>
}

/** Whether a page of our own sent a call: the browser says so, and no script can. */
export function createOwnPage(publicUrl: string) {
  const ownOrigin = new URL(publicUrl).origin
  return (c: Context): boolean =>
    c.req.header('sec-fetch-site') === 'same-origin' || c.req.header('origin') === ownOrigin
}

const sha256 = (text: string) => hash('sha256', text, 'buffer')
const bearerOf = (header: string) => /^Bearer +([\x21-\x7e]{1,200})$/i.exec(header)?.[1]

/**
 * Finds out who calls and whether that key may. A secret or admin key next to an Origin header is refused, since
 * it must have been put into a page; a publishable one is taken from the application's own origins only, which are
 * then told so to the browser (CORS).
 */
export function createAuth({ credentials, adminKey, publicUrl, sessions, onRefused }: AuthDeps) {
  const adminDigest = sha256(adminKey)
  const isOwnPage = createOwnPage(publicUrl)

  /** By connection, the last header with what may be an application's key. */
  const lastOn = new WeakMap<object, { header: string; digest: string }>()

  /**
   * The digest of an application's key, which a connection brings again and again. Behind a proxy the last one may be
   * another caller's; to compare both as text tells nothing of it short of guessing six random characters at once.
   */
  function digestIn(c: Context, header: string): string | undefined {
    const socket = incomingOf(c)?.socket
    const last = socket && lastOn.get(socket)
    if (last?.header === header) return last.digest
    const digest = digestOf(bearerOf(header) ?? '')
    if (socket && digest) lastOn.set(socket, { header, digest })
    return digest
  }

  async function identify(c: Context, wantsSession: boolean): Promise<Caller> {
    const header = c.req.header('authorization')
    if (header === undefined) {
      if (!wantsSession || !(await sessions.read(c))) return { kind: 'anonymous' }
      return { kind: 'admin', by: 'session' }
    }
    // Applications' keys first: they are the many.
    const found = await credentials.find(digestIn(c, header))
    if (found) return found
    const key = bearerOf(header)
    if (key && timingSafeEqual(sha256(key), adminDigest)) return { kind: 'admin', by: 'key' }
    await onRefused(c)
    throw new ApiError('unauthenticated', 'This API key is unknown or was revoked.')
  }

  function checkOrigin(c: Context, caller: Caller): void {
    const origin = headerOf(c, 'origin')
    if (caller.kind === 'admin' && caller.by === 'session') {
      // The cookie comes by itself, so the page it comes from must be ours (ASVS 5.0 3.5.1).
      const reads = c.req.method === 'GET' || c.req.method === 'HEAD'
      if (
        !isOwnPage(c) &&
        !(reads && origin === undefined && c.req.header('sec-fetch-site') !== 'cross-site')
      )
        throw new ApiError('forbidden', 'A session works from our own pages only.')
      return
    }
    if (origin === undefined) return
    if (caller.kind === 'secret' || caller.kind === 'admin')
      throw new ApiError('forbidden', 'This key must not be used in a browser: it opens everything.')
    const headers: Record<string, string> = c.get('headers')
    headers.Vary = 'Origin'
    if (caller.kind === 'publishable' && caller.application.redirectOrigins.includes(origin)) {
      headers['Access-Control-Allow-Origin'] = origin
      headers['Access-Control-Expose-Headers'] =
        'Location, Retry-After, RateLimit, RateLimit-Policy, X-Request-Id'
    } else if (!isOwnPage(c)) {
      throw new ApiError(
        'forbidden',
        caller.kind === 'anonymous'
          ? 'From a page of another origin a publishable key is needed.'
          : "This origin is not among the application's redirectOrigins.",
      )
    }
  }

  return async function authenticate(
    c: Context,
    need: KeyNeed,
    scopes: readonly Scope[] = [],
  ): Promise<Caller> {
    if (need === 'none') return { kind: 'anonymous' }
    const caller = await identify(c, need === 'admin' || need === 'operator')
    if (caller.kind === 'anonymous' && need !== 'optional')
      throw new ApiError('unauthenticated', 'Send an API key as Authorization: Bearer.')
    checkOrigin(c, caller)
    const fits =
      need === 'admin'
        ? caller.kind === 'admin'
        : need === 'secret'
          ? caller.kind === 'secret'
          : need === 'operator'
            ? caller.kind === 'secret' || caller.kind === 'admin'
            : caller.kind !== 'admin'
    if (!fits) throw new ApiError('forbidden', wanted[need])
    const own = caller.kind === 'secret' && caller.scopes
    const lacking = own ? scopes.find(scope => !own.includes(scope)) : undefined
    if (lacking) throw new ApiError('forbidden', `This key lacks the scope ${lacking}.`)
    return caller
  }
}

const wanted = {
  admin: 'This call takes the admin key only.',
  secret: "This call takes an application's secret key only.",
  operator: "This call takes an application's secret key, or the admin key.",
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
