import type { ResetRequest } from '../../api/types.ts'
import { Badge, type Tone } from '../../parts/badge.tsx'
import { Empty } from '../../parts/states.tsx'
import { Time } from '../../parts/time.tsx'

type Mail = ResetRequest['mails'][number]
type Attempt = Mail['attempts'][number]

const kinds = { reset: 'Reset mail', notice: 'Notice of the change' }
const states: Record<Mail['status'], { name: string; tone: Tone }> = {
  queued: { name: 'Queued', tone: 'calm' },
  sending: { name: 'Sending', tone: 'calm' },
  sent: { name: 'Sent', tone: 'good' },
  unknown: { name: 'Unknown', tone: 'fair' },
  failed: { name: 'Failed', tone: 'wrong' },
  cancelled: { name: 'Cancelled', tone: 'plain' },
}

export function Mails({ mails }: { mails: Mail[] }) {
  if (mails.length === 0)
    return <Empty title="No mail was written">The timeline tells why, if it is over.</Empty>
  return (
    <ul className="grid gap-5">
      {mails.map(({ id, kind, status, attempts }) => (
        <li key={id}>
          <div className="mb-2 flex flex-wrap items-center justify-between gap-2">
            <h3 className="font-medium">{kinds[kind]}</h3>
            <Badge tone={states[status].tone}>{states[status].name}</Badge>
          </div>
          {attempts.length === 0 ? (
            <p className="text-soft">Not tried yet.</p>
          ) : (
            <ol className="grid gap-2">
              {attempts.map((attempt, index) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: attempts are only ever added at the end
                <AttemptItem key={index} attempt={attempt} />
              ))}
            </ol>
          )}
        </li>
      ))}
    </ul>
  )
}

function AttemptItem({ attempt: { at, transport, code, response } }: { attempt: Attempt }) {
  return (
    <li className="rounded-control bg-ground px-3 py-2.5">
      <p className="flex flex-wrap justify-between gap-x-4 text-sm text-soft">
        <span className="wrap-anywhere">{transport}</span>
        <Time at={at} as="full" />
      </p>
      <p className="mt-1 font-mono text-sm wrap-anywhere">
        {code !== undefined && <strong className={colorOf(code)}>{code} </strong>}
        {wordsOf(code, response)}
      </p>
    </li>
  )
}

function colorOf(code: number): string {
  return code < 300 ? 'text-good' : code < 500 ? 'text-fair' : 'text-wrong'
}

/** The reply without its code, which stands before it already. */
function wordsOf(code: number | undefined, response: string | undefined): string {
  if (!response) return code === undefined ? 'No answer came.' : ''
  const start = `${code} `
  return response.startsWith(start) ? response.slice(start.length) : response
}
