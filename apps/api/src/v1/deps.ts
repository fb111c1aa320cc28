import type { ClientFacts } from '@sparekey/db/types'
import type { Application } from '@sparekey/reset/applications'
import type { Context as CoreContext } from '@sparekey/reset/context'
import type { Context } from 'hono'
import type { Caller } from '../auth.ts'
import type { Client } from '../client.ts'
import type { EndpointDeps } from '../endpoint.ts'
import { addressLimit, callsPerMinute, type Limit, type Limits } from '../limits.ts'
import { ApiError } from '../problem.ts'

/** What the calls of `/v1` work with. */
export interface V1Deps extends EndpointDeps {
  core: CoreContext
  clientOf(c: Context): Client
  limits: Limits
  /** After a change of an application's settings. */
  forgetKeys(): void
}

/** The application whose key this is. Only for calls that no other key can make. */
export function applicationOf(caller: Caller): Application {
  if ('application' in caller) return caller.application
  throw new TypeError('a call without an application')
}

/** The application that the caller may speak for; undefined: whichever the token belongs to. */
export function applicationIdOf(caller: Caller): string | undefined {
  return 'application' in caller ? caller.application.id : undefined
}

/** The application whose things a call is about. Another's is not there for a secret key; the operator must name one. */
export function ownerOf(caller: Caller, applicationId: string | undefined): string {
  const owner = applicationIdOf(caller) ?? applicationId
  if (owner === undefined) {
    const message = 'must say which application is meant'
    const errors = [{ path: 'applicationId', message }]
    throw new ApiError('invalid_request', `applicationId: ${message}`, { errors })
  }
  if (applicationId !== undefined && applicationId !== owner)
    throw new ApiError('not_found', 'There is nothing with this id.')
  return owner
}

/**
 * A limit by address for calls that look at secrets: tokens, codes, passwords. Not for a secret key, whose calls all
 * come from the application's own servers and are counted by key.
 */
export function limitGuesses({ clientOf }: V1Deps, name: string) {
  return (c: Context, caller: Caller): Limit | undefined =>
    caller.kind === 'secret' ? undefined : addressLimit(name, clientOf(c).ip, callsPerMinute)
}

/** The application's own limit by address, for who holds its publishable key. */
export function limitAsking({ clientOf }: V1Deps) {
  return (c: Context, caller: Caller): Limit | undefined => {
    if (caller.kind !== 'publishable') return undefined
    const { id, limits } = caller.application
    return addressLimit(`address:${id}`, clientOf(c).ip, limits.perAddressMinute)
  }
}

/** The client as the core keeps it: what is empty is left out. */
export function factsOf({ ip, userAgent }: ClientFacts): ClientFacts {
  const facts: ClientFacts = {}
  if (ip) facts.ip = ip
  if (userAgent) facts.userAgent = userAgent.slice(0, 300)
  return facts
}
