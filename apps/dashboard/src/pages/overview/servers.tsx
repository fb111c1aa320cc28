import type { Server } from '../../api/types.ts'
import { type Outcomes, outcomeNames, totalOf, useNewestOutcomes } from '../../attempts.ts'
import { useLive } from '../../live.ts'
import { Badge, type Tone } from '../../parts/badge.tsx'
import { formatCount, formatShare } from '../../parts/numbers.ts'
import { Panel } from '../../parts/panel.tsx'
import { Empty } from '../../parts/states.tsx'
import { useWorkers } from './workers.tsx'

const outcomeLooks: Record<keyof Outcomes, { name: string; color: string }> = {
  accepted: { name: 'taken', color: 'bg-good' },
  refused: { name: 'refused for good', color: 'bg-wrong' },
  later: { name: 'put off', color: 'bg-fair' },
  throttled: { name: 'slowed down', color: 'bg-fair' },
  lost_before_data: { name: 'not reached', color: 'bg-wrong' },
  lost_after_data: { name: 'line lost in the mail', color: 'bg-wrong' },
}

/** Each mail server that a worker has, and each that was tried in the window: how it does now, and did then. */
export function ServersPanel({ servers }: { servers: Server[] }) {
  const { workers = [] } = useWorkers()
  const names = [
    ...new Set([...workers.flatMap(worker => worker.servers), ...servers.map(({ server }) => server)]),
  ]
  return (
    <Panel title="Mail servers" about="How they do now, and how the attempts of this window ended">
      {names.length === 0 ? (
        <Empty title="No mail was tried">In this window nothing was handed to a mail server.</Empty>
      ) : (
        <ul className="grid gap-4">
          {names.map(name => (
            <ServerItem key={name} name={name} window={servers.find(({ server }) => server === name)} />
          ))}
        </ul>
      )}
    </Panel>
  )
}

function ServerItem({ name, window }: { name: string; window: Server | undefined }) {
  const newest = useNewestOutcomes()(name)
  const { figures } = useLive()
  const total = window ? totalOf(window) : 0
  const seen = outcomeNames.flatMap(outcome => {
    const count = window?.[outcome] ?? 0
    return count > 0 ? [{ outcome, count, ...outcomeLooks[outcome] }] : []
  })
  const { tone, words } = healthOf(newest)
  return (
    <li>
      <div className="flex flex-wrap items-center justify-between gap-2">
        <h3 className="font-medium wrap-anywhere">{name}</h3>
        {figures && <Badge tone={tone}>{words}</Badge>}
      </div>
      <div aria-hidden="true" className="my-2 flex h-2 gap-0.5 overflow-hidden rounded-full bg-line">
        {seen.map(({ outcome, count, color }) => (
          <span key={outcome} className={color} style={{ flexGrow: count, minWidth: 3 }} />
        ))}
      </div>
      <p className="text-sm text-soft">
        {total === 0
          ? 'Nothing was handed to it in this window.'
          : [
              ...seen.map(({ count, name }) => `${formatCount(count)} ${name}`),
              `${formatShare(window?.accepted ?? 0, total)} taken`,
            ].join(' · ')}
      </p>
    </li>
  )
}

/** How a server does, by what became of the last attempts. */
function healthOf(newest: Outcomes): { tone: Tone; words: string } {
  const total = totalOf(newest)
  if (total === 0) return { tone: 'plain', words: 'Not asked' }
  const lost = (newest.lost_before_data + newest.lost_after_data) / total
  const refused = newest.refused / total
  const slowed = newest.throttled / total
  // Parts of lots don't add up to a whole number.
  if (lost > 0.99) return { tone: 'wrong', words: 'Out of reach' }
  if (lost > 0.2) return { tone: 'wrong', words: 'Hard to reach' }
  // A mailbox here and there that does not exist is not the server's fault.
  if (refused > 0.5) return { tone: 'wrong', words: 'Refuses much' }
  if (slowed > 0.05) return { tone: 'fair', words: 'Slows us down' }
  if (lost + newest.later / total > 0.1) return { tone: 'fair', words: 'Stumbles' }
  return { tone: 'good', words: 'Well' }
}
