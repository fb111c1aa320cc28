import { Link } from 'wouter'
import type { Application } from '../../api/types.ts'
import { buttonClass } from '../../parts/button.tsx'
import { PageTitle } from '../../parts/page-title.tsx'
import { Empty, waitingFor } from '../../parts/states.tsx'
import { Time } from '../../parts/time.tsx'
import { useApplications } from './queries.ts'
import { directoryWords } from './words.ts'

export function ApplicationsPage() {
  const query = useApplications()
  return (
    <>
      <PageTitle
        title="Applications"
        about="The products whose people reset passwords here."
        aside={
          <>
            <Link href="/changes" className={buttonClass()}>
              Changes
            </Link>
            <Link href="/applications/new" className={buttonClass('strong')}>
              New application
            </Link>
          </>
        }
      />
      {waitingFor(query, 6)}
      {query.data?.length === 0 && (
        <div className="rounded-card border border-line bg-card shadow-card">
          <Empty title="No application yet">Make the first one; it gets its two keys at once.</Empty>
        </div>
      )}
      <ul className="grid gap-4 sm:grid-cols-2 xl:grid-cols-3">
        {query.data?.map(application => (
          <ApplicationCard key={application.id} application={application} />
        ))}
      </ul>
    </>
  )
}

function ApplicationCard({
  application: { id, name, slug, brand, directory, createdAt },
}: {
  application: Application
}) {
  return (
    <li className="relative rounded-card border border-line bg-card p-5 shadow-card hover:border-field-line">
      <h2 className="flex items-center gap-2.5 font-semibold">
        <Swatch color={brand.color} />
        <Link href={`/applications/${id}`} className="cover wrap-anywhere text-text no-underline">
          {name}
        </Link>
      </h2>
      <p className="mt-1 text-sm text-soft wrap-anywhere">{slug}</p>
      <p className="mt-3 text-sm text-soft">
        {directoryWords[directory].short}
        <br />
        Made <Time passed at={createdAt} as="day" />
      </p>
    </li>
  )
}

export function Swatch({ color }: { color: string }) {
  return (
    <span
      aria-hidden="true"
      className="size-4 shrink-0 rounded-[5px] border border-field-line/50"
      style={{ background: color }}
    />
  )
}
