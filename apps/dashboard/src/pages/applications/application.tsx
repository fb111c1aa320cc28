import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { Link, useLocation } from 'wouter'
import { answer, api } from '../../api/client.ts'
import type { Application } from '../../api/types.ts'
import { Button, buttonClass } from '../../parts/button.tsx'
import { Confirm } from '../../parts/confirm.tsx'
import { CopyButton } from '../../parts/copy-button.tsx'
import { Icon } from '../../parts/icons.tsx'
import { tell } from '../../parts/note.tsx'
import { PageTitle } from '../../parts/page-title.tsx'
import { Panel } from '../../parts/panel.tsx'
import { waitingFor } from '../../parts/states.tsx'
import { Changes } from './changes.tsx'
import { Keys } from './keys.tsx'
import { applicationQuery } from './queries.ts'
import { Settings } from './settings.tsx'

export function ApplicationPage({ id }: { id: string }) {
  const query = useQuery({ ...applicationQuery(id), refetchOnWindowFocus: false })
  const { data } = query
  return (
    <>
      <Link
        href="/applications"
        className="mb-2 inline-flex items-center gap-1 text-soft no-underline hover:text-text"
      >
        <Icon name="back" className="size-4" />
        Applications
      </Link>
      <PageTitle
        title={data ? data.name : 'Application'}
        about={
          <span className="flex flex-wrap items-center gap-2">
            <code className="text-sm wrap-anywhere">{id}</code>
            <CopyButton text={id} label="Copy id" />
          </span>
        }
        aside={
          <>
            <Link href={`/requests?applicationId=${id}`} className={buttonClass()}>
              Its requests
            </Link>
            <Link href={`/mails?applicationId=${id}`} className={buttonClass()}>
              Its mails
            </Link>
          </>
        }
      />
      {waitingFor(query, 10)}
      {data && (
        <div className="grid gap-4">
          <Keys applicationId={id} />
          <Settings application={data} />
          <Changes applicationId={id} />
          <Removal application={data} />
        </div>
      )}
    </>
  )
}

function Removal({ application: { id, name, slug } }: { application: Application }) {
  const client = useQueryClient()
  const [, navigate] = useLocation()
  const [asked, setAsked] = useState(false)

  async function remove() {
    await answer(api.DELETE('/v1/applications/{id}', { params: { path: { id } } }))
    navigate('/applications')
    client.removeQueries({ queryKey: ['application', id] })
    await client.invalidateQueries({ queryKey: ['applications'] })
    tell(`${name} is gone.`)
  }

  return (
    <Panel title="Delete">
      <div className="flex flex-wrap items-center justify-between gap-3">
        <p className="max-w-xl text-soft">
          Its keys, accounts, requests and mails go with it. This can’t be taken back.
        </p>
        <Button className="text-wrong" onClick={() => setAsked(true)}>
          Delete application
        </Button>
      </div>
      {asked && (
        <Confirm
          title={`Delete ${name} for good?`}
          action="Delete for good"
          look="danger"
          typed={slug}
          onDo={remove}
          onClose={() => setAsked(false)}
        >
          Whoever uses its keys or follows one of its links finds nothing any more, at once.
        </Confirm>
      )}
    </Panel>
  )
}
