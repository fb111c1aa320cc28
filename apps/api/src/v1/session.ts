import { createHash, timingSafeEqual } from 'node:crypto'
import { z } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { createOwnPage } from '../auth.ts'
import { type Api, addEndpoint } from '../endpoint.ts'
import { addressLimit } from '../limits.ts'
import { ApiError } from '../problem.ts'
import type { Sessions } from '../sessions.ts'
import type { V1Deps } from './deps.ts'
import { sessionSchema } from './operator-schemas.ts'

export interface SessionDeps extends V1Deps {
  sessions: Sessions
  adminKey: string
  publicUrl: string
}

const signInsPerMinute = 10
const digest = (text: string) => createHash('sha256').update(text).digest()

/** `/v1/session`: operators sign in with their key, from our own pages only. */
export function addSession(api: Api, deps: SessionDeps): void {
  const { sessions, adminKey, clientOf } = deps
  const common = { path: '/v1/session', tag: 'Operation', key: 'none' as const }
  const isOwnPage = createOwnPage(deps.publicUrl)
  const checkPage = (c: Context) => {
    if (!isOwnPage(c))
      throw new ApiError('forbidden', 'A session is opened and closed from our own pages only.')
  }

  addEndpoint(
    api,
    deps,
    {
      ...common,
      method: 'post',
      id: 'signIn',
      audit: 'session.open',
      summary: 'Sign in with the admin key',
      body: z.strictObject({ key: z.string().min(1).max(500) }),
      errors: ['unauthenticated', 'forbidden', 'rate_limited'],
      answer: {
        status: 200,
        description: 'Signed in',
        schema: sessionSchema,
        headers: { 'Set-Cookie': 'The session' },
      },
    },
    async ({ c, body }) => {
      if (!timingSafeEqual(digest(body.key), digest(adminKey)))
        throw new ApiError('unauthenticated', 'This is not the admin key.')
      return c.json({ expiresAt: await sessions.open(c) })
    },
    c => {
      checkPage(c)
      return addressLimit('sign-in', clientOf(c).ip, signInsPerMinute)
    },
  )

  addEndpoint(
    api,
    deps,
    {
      ...common,
      method: 'get',
      id: 'getSession',
      summary: 'See whether there is a session',
      errors: ['unauthenticated'],
      answer: { status: 200, description: 'Signed in', schema: sessionSchema },
    },
    async ({ c }) => {
      const expiresAt = await sessions.read(c)
      if (!expiresAt)
        throw new ApiError('unauthenticated', 'Nobody is signed in here, or the session is over.')
      return c.json({ expiresAt })
    },
  )

  addEndpoint(
    api,
    deps,
    {
      ...common,
      method: 'delete',
      id: 'signOut',
      audit: 'session.close',
      summary: 'Sign out',
      errors: ['forbidden'],
      answer: { status: 204, description: 'Signed out' },
    },
    async ({ c }) => {
      // Anybody can ask for that: who has no session must not fill the audit log.
      c.set('changed', await sessions.close(c))
      return c.body(null, 204)
    },
    c => {
      checkPage(c)
      return undefined
    },
  )
}
