import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { Link, useLocation } from 'wouter'
import { answer, api } from '../../api/client.ts'
import type { Application } from '../../api/types.ts'
import { BackLink } from '../../parts/back-link.tsx'
import { Button, buttonClass } from '../../parts/button.tsx'
import { Confirm } from '../../parts/confirm.tsx'
import { CopyButton } from '../../parts/copy-button.tsx'
import { useFilters } from '../../parts/filters.ts'
import { tell } from '../../parts/note.tsx'
import { PageTitle } from '../../parts/page-title.tsx'
import { Panel } from '../../parts/panel.tsx'
import { waitingFor } from '../../parts/states.tsx'
import { Tabs } from '../../parts/tabs.tsx'
import { SwitchedOffNote } from '../webhooks/switched-off.tsx'
import { Webhooks } from '../webhooks/webhooks.tsx'
import { Changes } from './changes.tsx'
import { DirectorySecret } from './directory-secret.tsx'
import { Keys } from './keys.tsx'
import { applicationQuery } from './queries.ts'
import { Settings } from './settings.tsx'

const tabs = [
  { value: 'keys', label: 'Keys' },
  { value: 'webhooks', label: 'Webhooks' },
  { value: 'settings', label: 'Settings' },
  { value: 'changes', label: 'Changes' },
] as const
const tabNames = tabs.map(({ value }) => value)

export function ApplicationPage({ id }: { id: string }) {
  const tab = useFilters().get('tab', tabNames, 'keys')
  const query = useQuery({ ...applicationQuery(id), refetchOnWindowFocus: false })
  const { data } = query
  return (
    <>
      <BackLink href="/applications" to="Applications" />
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
      <SwitchedOffNote applicationId={id} />
      <Tabs legend="Parts of the application" tabs={tabs} here={tab} href={`/applications/${id}`} />
      {waitingFor(query, 10)}
      {data && (
        <div className="grid gap-4">
          {tab === 'keys' && <Keys applicationId={id} />}
          {tab === 'webhooks' && <Webhooks applicationId={id} />}
          {tab === 'settings' && (
            <>
              <Settings application={data} />
              {data.directory === 'http' && <DirectorySecret id={id} url={data.directoryUrl ?? ''} />}
              <Removal application={data} />
            </>
          )}
          {tab === 'changes' && <Changes applicationId={id} title="Changes" />}
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
          Its keys, accounts, requests, mails and webhooks go with it. This can’t be taken back.
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
