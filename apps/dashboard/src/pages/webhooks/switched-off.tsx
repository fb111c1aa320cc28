import { useQuery } from '@tanstack/react-query'
import { Link } from 'wouter'
import { useApplications } from '../applications/queries.ts'
import { switchedOffQuery } from './queries.ts'

/** Says which endpoints were switched off because they failed, until somebody switches them on or deletes them. */
export function SwitchedOffNote({ applicationId }: { applicationId?: string }) {
  const { data = [] } = useQuery(switchedOffQuery(applicationId))
  const applications = useApplications()
  if (data.length === 0) return null
  const nameOf = (id: string) => applications.data?.find(each => each.id === id)?.name ?? 'an application'
  return (
    <section
      aria-label="Webhooks that were switched off"
      className="mb-5 rounded-control border-l-4 border-wrong bg-wrong-ground px-4 py-3"
    >
      <p className="font-semibold text-wrong">
        {data.length === 1
          ? 'A webhook endpoint was switched off'
          : `${data.length} webhook endpoints were switched off`}
      </p>
      <ul className="mt-1 grid gap-1">
        {data.map(({ id, applicationId: of, url, disabledReason }) => (
          <li key={id} className="wrap-anywhere">
            {!applicationId && (
              <>
                <Link
                  href={`/applications/${of}?tab=webhooks`}
                  className="text-brand-link underline underline-offset-4"
                >
                  {nameOf(of)}
                </Link>
                :{' '}
              </>
            )}
            <code className="text-sm">{url}</code>, since {disabledReason}.
          </li>
        ))}
      </ul>
      <p className="mt-1 text-soft">
        What happens meanwhile is not kept for {data.length === 1 ? 'it' : 'them'}. Mend the receiver, then
        switch {data.length === 1 ? 'it' : 'them'} on again.
      </p>
    </section>
  )
}
