import type { Failure } from './api/problem.ts'
import { createStore } from './store.ts'

export type SessionState =
  | { is: 'unknown' }
  | { is: 'in' }
  | { is: 'out'; why?: 'ended' | 'left' }
  | { is: 'unreachable'; failure: Failure }

export const session = createStore<SessionState>({ is: 'unknown' })

/** Any call may find out that the session is over. */
export function endSession(): void {
  if (session.get().is === 'in') session.set({ is: 'out', why: 'ended' })
}
