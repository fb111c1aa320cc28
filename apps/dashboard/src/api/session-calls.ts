import { endSession, session } from '../session.ts'
import { answer, api } from './client.ts'
import { toFailure } from './problem.ts'

/** Asks whether there is a session. An API out of reach says nothing about one that runs. */
export async function lookUpSession(): Promise<void> {
  try {
    await answer(api.GET('/v1/session'))
    if (session.get().is !== 'in') session.set({ is: 'in' })
  } catch (thrown) {
    const failure = toFailure(thrown)
    if (session.get().is === 'in') {
      if (failure.status === 401) endSession()
    } else session.set(failure.status === 401 ? { is: 'out' } : { is: 'unreachable', failure })
  }
}

export async function signIn(key: string): Promise<void> {
  await answer(api.POST('/v1/session', { body: { key } }))
  session.set({ is: 'in' })
}

export async function signOut(): Promise<void> {
  await answer(api.DELETE('/v1/session'))
  session.set({ is: 'out', why: 'left' })
}
