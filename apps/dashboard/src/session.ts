import type { Failure } from './api/problem.ts'
import { createStore } from './store.ts'

export type SessionState =
  | { is: 'unknown' }
  | { is: 'in' }
  | { is: 'out'; why?: 'ended' | 'left' }
  | { is: 'unreachable'; failure: Failure }

export const session = createStore<SessionState>({ is: 'unknown' })

/** Any call may find out that the session is over under which it was `begun`; one that was late says nothing about the next. */
export function endSession(begun: SessionState | undefined): void {
  if (begun?.is === 'in' && session.get() === begun) session.set({ is: 'out', why: 'ended' })
}
