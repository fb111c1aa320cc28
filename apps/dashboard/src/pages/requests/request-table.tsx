import { Link } from 'wouter'
import type { RequestSummary } from '../../api/types.ts'
import { Badge } from '../../parts/badge.tsx'
import { Icon } from '../../parts/icons.tsx'
import { Cell, HeadCell, RowHead, Table } from '../../parts/table.tsx'
import { Time } from '../../parts/time.tsx'
import { useApplications } from '../applications/queries.ts'
import { reasonOf, statusWords } from './words.ts'

export function RequestTable({ items }: { items: RequestSummary[] }) {
  const applications = useApplications()
  const names = new Map(applications.data?.map(({ id, name }) => [id, name]))
  return (
    <Table caption="Reset requests, newest first">
      <thead>
        <tr>
          <HeadCell>Login</HeadCell>
          <HeadCell>Status</HeadCell>
          <HeadCell shown="tablet">Application</HeadCell>
          <HeadCell shown="desktop">Dialect</HeadCell>
          <HeadCell side="right" shown="tablet">
            Asked at
          </HeadCell>
        </tr>
      </thead>
      <tbody>
        {items.map(item => (
          <tr key={item.id} className="group relative hover:bg-ground/70">
            <RowHead>
              <Link
                href={`/requests/${item.id}`}
                className="cover font-medium text-text no-underline group-hover:text-brand-link group-hover:underline"
              >
                {item.login}
              </Link>
              <span className="block text-sm text-soft sm:hidden">
                <Time passed at={item.createdAt} /> · {names.get(item.applicationId) ?? item.applicationId}
              </span>
            </RowHead>
            <Cell>
              <Badge tone={statusWords[item.status].tone}>{statusWords[item.status].name}</Badge>
              {item.reason && (
                <span className="mt-0.5 hidden max-w-72 truncate text-sm text-soft md:block">
                  {reasonOf(item.reason)}
                </span>
              )}
            </Cell>
            <Cell shown="tablet">
              <span className="block max-w-40 truncate">
                {names.get(item.applicationId) ?? item.applicationId}
              </span>
            </Cell>
            <Cell shown="desktop">{item.dialect}</Cell>
            <Cell side="right" shown="tablet">
              <span className="inline-flex items-center gap-1 whitespace-nowrap">
                <Time passed at={item.createdAt} />
                <Icon name="next" className="size-4 text-soft" />
              </span>
            </Cell>
          </tr>
        ))}
      </tbody>
    </Table>
  )
}
