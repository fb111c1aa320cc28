import type { Delivery } from '../../api/types.ts'
import { Time } from '../../parts/time.tsx'
import { outcomeOf } from './words.ts'

/** Each of a delivery's last tries: when it began, what came of it, and how long that took. */
export function Attempts({ delivery: { id, attempts } }: { delivery: Delivery }) {
  return (
    <ol aria-label={`Tries of ${id}`} className="grid gap-2 rounded-control bg-ground px-3 py-2.5 text-sm">
      {attempts.map(attempt => (
        <li
          key={attempt.at}
          className="grid gap-x-4 sm:grid-cols-[auto_minmax(0,1fr)_auto] sm:items-baseline"
        >
          <span className="whitespace-nowrap text-soft">
            <Time at={attempt.at} as="full" />
          </span>
          <span>{outcomeOf(attempt)}</span>
          {attempt.durationMs !== undefined && (
            <span className="figures text-soft">{attempt.durationMs} ms</span>
          )}
        </li>
      ))}
    </ol>
  )
}
