import { endSession, session } from '../session.ts'
import { answer, api } from './client.ts'
import { toFailure } from './problem.ts'

/**
 * Asks whether there is a session. An API out of reach says nothing about one that runs, and a late answer nothing about
 * what was found out meanwhile.
 */
export async function lookUpSession(): Promise<void> {
  const begun = session.get()
  const failure = await answer(api.GET('/v1/session')).then(() => undefined, toFailure)
  if (session.get() !== begun) return
  if (!failure) {
    if (begun.is !== 'in') session.set({ is: 'in' })
  } else if (begun.is !== 'in') {
    session.set(failure.status === 401 ? { is: 'out' } : { is: 'unreachable', failure })
  } else if (failure.status === 401) endSession(begun)
}

export async function signIn(key: string): Promise<void> {
  await answer(api.POST('/v1/session', { body: { key } }))
  session.set({ is: 'in' })
}

export async function signOut(): Promise<void> {
  await answer(api.DELETE('/v1/session'))
  session.set({ is: 'out', why: 'left' })
}
