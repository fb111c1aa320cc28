import type { Server } from '../../api/types.ts'
import { Badge, type Tone } from '../../parts/badge.tsx'
import { formatCount, formatShare } from '../../parts/numbers.ts'
import { Panel } from '../../parts/panel.tsx'
import { Empty } from '../../parts/states.tsx'

const outcomes = [
  { of: 'accepted', name: 'taken', color: 'bg-good' },
  { of: 'refused', name: 'refused for good', color: 'bg-wrong' },
  { of: 'later', name: 'put off', color: 'bg-fair' },
  { of: 'throttled', name: 'slowed down', color: 'bg-fair' },
  { of: 'lost_before_data', name: 'not reached', color: 'bg-wrong' },
  { of: 'lost_after_data', name: 'line lost in the mail', color: 'bg-wrong' },
] as const

export function ServersPanel({ servers }: { servers: Server[] }) {
  return (
    <Panel title="Mail servers" about="Attempts, and how they ended">
      {servers.length === 0 ? (
        <Empty title="No mail was tried">In this window nothing was handed to a mail server.</Empty>
      ) : (
        <ul className="grid gap-4">
          {servers.map(server => (
            <ServerItem key={server.server} server={server} />
          ))}
        </ul>
      )}
    </Panel>
  )
}

function ServerItem({ server }: { server: Server }) {
  const total = outcomes.reduce((sum, { of }) => sum + server[of], 0)
  const seen = outcomes.filter(({ of }) => server[of] > 0)
  const { tone, words } = healthOf(server, total)
  return (
    <li>
      <div className="flex flex-wrap items-center justify-between gap-2">
        <h3 className="font-medium wrap-anywhere">{server.server}</h3>
        <Badge tone={tone}>{words}</Badge>
      </div>
      <div aria-hidden="true" className="my-2 flex h-2 gap-0.5 overflow-hidden rounded-full bg-line">
        {seen.map(({ of, color }) => (
          <span key={of} className={color} style={{ flexGrow: server[of], minWidth: 3 }} />
        ))}
      </div>
      <p className="text-sm text-soft">
        {seen.map(({ of, name }) => `${formatCount(server[of])} ${name}`).join(' · ')}
        {total > 0 && ` · ${formatShare(server.accepted, total)} taken`}
      </p>
    </li>
  )
}

/** How a server does, by what became of the attempts. */
export function healthOf(server: Server, total: number): { tone: Tone; words: string } {
  if (total === 0) return { tone: 'plain', words: 'Not asked' }
  const lost = server.lost_before_data + server.lost_after_data
  if (lost === total) return { tone: 'wrong', words: 'Out of reach' }
  if (lost / total > 0.2) return { tone: 'wrong', words: 'Hard to reach' }
  if (server.refused / total > 0.2) return { tone: 'wrong', words: 'Refuses much' }
  if (server.throttled / total > 0.05) return { tone: 'fair', words: 'Slows us down' }
  if ((total - server.accepted) / total > 0.1) return { tone: 'fair', words: 'Stumbles' }
  return { tone: 'good', words: 'Well' }
}
