import type { ReactNode } from 'react'
import { Link } from 'wouter'
import type { Stats } from '../../api/types.ts'
import { formatRate, formatSeconds, formatShare, formatShort } from '../../parts/numbers.ts'

/** So long may a request wait before somebody should look. */
const longWaitSeconds = 60

interface Props {
  stats: Stats
  applicationId: string
  dialect: string
}

export function Tiles({ stats, applicationId, dialect }: Props) {
  const { totals, rates, waiting } = stats
  const oldest = waiting.oldestSeconds
  const decided = totals.sent + totals.failed
  const failed = new URLSearchParams({
    status: 'failed',
    span: stats.window === '5m' ? '1h' : stats.window,
    ...(applicationId ? { applicationId } : {}),
    ...(dialect ? { dialect } : {}),
  })
  return (
    <dl className="col-span-full grid grid-cols-2 gap-3 sm:grid-cols-3 xl:grid-cols-6">
      <Tile name="Accepted" value={formatShort(totals.accepted)} about={formatRate(rates.accepted)} />
      <Tile name="Sent" value={formatShort(totals.sent)} about={formatRate(rates.sent)} />
      <Tile
        name="Failed"
        value={formatShort(totals.failed)}
        tone={totals.failed > 0 ? 'text-wrong' : ''}
        about={
          totals.failed > 0 ? (
            <Link href={`/requests?${failed}`} className="text-brand-link underline underline-offset-4">
              {formatShare(totals.failed, decided)} of mails
            </Link>
          ) : (
            'none'
          )
        }
      />
      <Tile name="Waiting" value={formatShort(waiting.requests)} about="now" />
      <Tile
        name="Oldest waiting"
        value={formatSeconds(oldest)}
        tone={oldest !== null && oldest > longWaitSeconds ? 'text-fair' : ''}
        about={oldest === null ? 'nothing waits' : oldest > longWaitSeconds ? 'too long' : 'as it should be'}
      />
      <Tile
        name="Passwords set"
        value={formatShort(totals.used)}
        about={totals.sent > 0 ? `${formatShare(totals.used, totals.sent)} of sent` : 'none'}
      />
    </dl>
  )
}

function Tile({
  name,
  value,
  about,
  tone = '',
}: {
  name: string
  value: string
  about: ReactNode
  tone?: string
}) {
  return (
    <div className="rounded-card border border-line bg-card px-4 py-3 shadow-card">
      <dt className="text-sm text-soft">{name}</dt>
      <dd className={`figures text-2xl leading-snug font-bold tracking-tight ${tone}`}>{value}</dd>
      <dd className="text-sm text-soft">{about}</dd>
    </div>
  )
}
