import createClient from 'openapi-fetch'
import { isIdle } from '../idle.ts'
import { endSession, type SessionState, session } from '../session.ts'
import { failureOf } from './problem.ts'
import type { paths } from './schema.d.ts'

/** Every call of the API, with the cookie of the session. */
export const api = createClient<paths>({ baseUrl: '', credentials: 'same-origin' })

const begun = new WeakMap<Request, SessionState>()

api.use({
  onRequest({ request }) {
    begun.set(request, session.get())
    if (isIdle()) request.headers.set('Sparekey-Idle', '1')
  },
  onResponse({ request, response, schemaPath }) {
    if (response.status === 401 && schemaPath !== '/v1/session') endSession(begun.get(request))
  },
})

/** What a call answered. Throws a Failure. */
export async function answer<T>(
  call: Promise<{ data?: T; error?: unknown; response: Response }>,
): Promise<T> {
  const { data, error, response } = await call
  if (!response.ok) throw failureOf(response.status, error)
  return data as T
}
