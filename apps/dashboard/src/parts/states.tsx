import type { ReactNode } from 'react'
import { toFailure } from '../api/problem.ts'
import { Button } from './button.tsx'

/** Grey bars where words will be. */
export function Loading({ rows = 3 }: { rows?: number }) {
  return (
    <div role="status" className="grid gap-3 py-2">
      <span className="sr-only">Loading…</span>
      {Array.from({ length: rows }, (_, row) => (
        <span
          // biome-ignore lint/suspicious/noArrayIndexKey: they are all alike
          key={row}
          className="h-4 animate-pulse rounded bg-line"
          style={{ width: `${92 - ((row * 17) % 40)}%` }}
        />
      ))}
    </div>
  )
}

export function Empty({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <div className="px-2 py-8 text-center">
      <p className="font-semibold">{title}</p>
      {children && <div className="mx-auto mt-1 max-w-md text-soft">{children}</div>}
    </div>
  )
}

/** What went wrong, in the API's own words, and a way out. */
export function FailureNote({ error, onRetry }: { error: unknown; onRetry?: () => void }) {
  const { title, message, errors } = toFailure(error)
  return (
    <div role="alert" className="rounded-control border-l-4 border-wrong bg-wrong-ground px-4 py-3">
      <p className="font-semibold text-wrong">{title}</p>
      {errors.length > 0 ? (
        <ul className="mt-1 grid gap-0.5">
          {errors.map(({ path, message }) => (
            <li key={`${path} ${message}`}>
              <code>{path}</code> {message}
            </li>
          ))}
        </ul>
      ) : (
        <p className="wrap-anywhere">{message}</p>
      )}
      {onRetry && (
        <Button size="small" className="mt-3" onClick={onRetry}>
          Try again
        </Button>
      )}
    </div>
  )
}

interface Answered {
  isPending: boolean
  isError: boolean
  error: unknown
  refetch(): unknown
}

/** What is shown before there is an answer, or in its place; null once there is one. */
export function waitingFor(query: Answered & { data?: unknown }, rows?: number): ReactNode {
  if (query.data !== undefined) return null
  if (query.isError) return <FailureNote error={query.error} onRetry={() => query.refetch()} />
  return <Loading rows={rows} />
}
