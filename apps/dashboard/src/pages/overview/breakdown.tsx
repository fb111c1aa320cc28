import { Link } from 'wouter'
import type { Counts, Stats } from '../../api/types.ts'
import { formatCount } from '../../parts/numbers.ts'
import { Panel } from '../../parts/panel.tsx'
import { Empty } from '../../parts/states.tsx'
import { Cell, HeadCell, RowHead, Table } from '../../parts/table.tsx'

const ignoreReasons = [
  { of: 'no_account', name: 'Nobody has this login' },
  { of: 'suppressed', name: 'The address is suppressed' },
  { of: 'recipient_limit', name: 'The person got enough mails' },
  { of: 'duplicate', name: 'Asked twice within a minute' },
] as const
const failureClasses = [
  { of: 'refused', name: 'The mail server refused it for good' },
  { of: 'out_of_tries', name: 'The mail server put it off too often' },
  { of: 'out_of_time', name: 'It could not go out in time' },
  { of: 'unsendable', name: 'No mail could be made of it' },
] as const

/** The window's figures, by application, by dialect, and what failed or was ignored and why. */
export function Breakdown({ stats }: { stats: Stats }) {
  const { applications, applicationCount, dialects, totals, ignoredBy, failedBy } = stats
  return (
    <>
      <Panel
        title="By application"
        about={
          applicationCount > applications.length &&
          `${applications.length} of ${formatCount(applicationCount)}, those with the most failures first`
        }
        className="self-start"
      >
        <CountsTable
          caption="Requests by application"
          of="Application"
          rows={applications.map(({ id, name, ...counts }) => ({
            key: id,
            name: (
              <Link href={`/applications/${id}`} className="text-brand-link underline underline-offset-4">
                {name}
              </Link>
            ),
            ...counts,
          }))}
        />
      </Panel>
      <Panel title="By dialect" className="self-start">
        <CountsTable
          caption="Requests by dialect"
          of="Dialect"
          rows={dialects.map(({ name, ...counts }) => ({ key: name, name, ...counts }))}
        />
      </Panel>
      <Panel
        title="Failed"
        about={`${formatCount(totals.failed)} whose mail did not go out`}
        className="self-start"
      >
        <Causes causes={failureClasses} counts={failedBy} />
      </Panel>
      <Panel
        title="Ignored"
        about={`${formatCount(totals.ignored)} answered like any other, but no mail was sent`}
        className="self-start"
      >
        <Causes causes={ignoreReasons} counts={ignoredBy} />
      </Panel>
    </>
  )
}

function Causes<Of extends string>(props: {
  causes: readonly { of: Of; name: string }[]
  counts: Record<Of, number>
}) {
  return (
    <dl className="grid gap-y-1.5">
      {props.causes.map(({ of, name }) => (
        <div key={of} className="flex justify-between gap-4">
          <dt>{name}</dt>
          <dd className="figures font-medium">{formatCount(props.counts[of])}</dd>
        </div>
      ))}
    </dl>
  )
}

interface Row extends Counts {
  key: string
  name: React.ReactNode
}

function CountsTable({ caption, of, rows }: { caption: string; of: string; rows: Row[] }) {
  if (rows.length === 0) return <Empty title="Nothing in this window" />
  return (
    <Table caption={caption}>
      <thead>
        <tr>
          <HeadCell>{of}</HeadCell>
          <HeadCell side="right">Accepted</HeadCell>
          <HeadCell side="right">Sent</HeadCell>
          <HeadCell side="right">Failed</HeadCell>
          <HeadCell side="right" shown="tablet">
            Used
          </HeadCell>
        </tr>
      </thead>
      <tbody>
        {rows.map(row => (
          <tr key={row.key} className="group">
            <RowHead>{row.name}</RowHead>
            <Cell side="right">{formatCount(row.accepted)}</Cell>
            <Cell side="right">{formatCount(row.sent)}</Cell>
            <Cell side="right">
              <span className={row.failed > 0 ? 'font-semibold text-wrong' : ''}>
                {formatCount(row.failed)}
              </span>
            </Cell>
            <Cell side="right" shown="tablet">
              {formatCount(row.used)}
            </Cell>
          </tr>
        ))}
      </tbody>
    </Table>
  )
}
