import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { answer, api } from '../../api/client.ts'
import type { Key } from '../../api/types.ts'
import { Badge } from '../../parts/badge.tsx'
import { Button } from '../../parts/button.tsx'
import { Confirm } from '../../parts/confirm.tsx'
import { tell } from '../../parts/note.tsx'
import { Panel } from '../../parts/panel.tsx'
import { Empty, waitingFor } from '../../parts/states.tsx'
import { Cell, HeadCell, RowHead, Table } from '../../parts/table.tsx'
import { Time } from '../../parts/time.tsx'
import { NewKeyDialog } from './new-key.tsx'
import { keysQuery } from './queries.ts'
import { keyKindWords } from './words.ts'

export function Keys({ applicationId }: { applicationId: string }) {
  const client = useQueryClient()
  const query = useQuery(keysQuery(applicationId))
  const [making, setMaking] = useState(false)
  const [revoking, setRevoking] = useState<Key>()
  const again = () => client.invalidateQueries(keysQuery(applicationId))

  async function revoke(key: Key) {
    const params = { path: { id: applicationId, keyId: key.id } }
    await answer(api.DELETE('/v1/applications/{id}/keys/{keyId}', { params }))
    await again()
    tell('The key is revoked.')
  }

  return (
    <Panel
      title="Keys"
      about="Only their last four characters are known here."
      aside={
        <Button size="small" onClick={() => setMaking(true)}>
          Make a key
        </Button>
      }
    >
      {waitingFor(query)}
      {query.data?.length === 0 && (
        <Empty title="No key">Without one nobody can call for this application.</Empty>
      )}
      {query.data && query.data.length > 0 && <KeyTable keys={query.data} onRevoke={setRevoking} />}
      {making && (
        <NewKeyDialog applicationId={applicationId} onMade={again} onClose={() => setMaking(false)} />
      )}
      {revoking && (
        <Confirm
          title={`Revoke the ${revoking.kind} key …${revoking.hint}?`}
          action="Revoke key"
          look="danger"
          onDo={() => revoke(revoking)}
          onClose={() => setRevoking(undefined)}
        >
          It is refused everywhere within a second. Make a new one first, if it is in use.
        </Confirm>
      )}
    </Panel>
  )
}

function KeyTable({ keys, onRevoke }: { keys: Key[]; onRevoke(key: Key): void }) {
  return (
    <Table caption="Keys, newest first">
      <thead>
        <tr>
          <HeadCell>Key</HeadCell>
          <HeadCell shown="tablet">Kind</HeadCell>
          <HeadCell shown="tablet">Last used</HeadCell>
          <HeadCell shown="tablet">Expires</HeadCell>
          <HeadCell shown="desktop">Made at</HeadCell>
          <HeadCell side="right">
            <span className="sr-only">Revoke</span>
          </HeadCell>
        </tr>
      </thead>
      <tbody>
        {keys.map(key => (
          <tr key={key.id} className="group">
            <RowHead>
              <span className="flex items-center gap-2">
                <code>…{key.hint}</code>
                <span className="sm:hidden">
                  <KindBadge of={key} />
                </span>
              </span>
              {key.name && <span className="block wrap-normal">{key.name}</span>}
              {key.kind === 'secret' && (
                <span className="block text-sm wrap-normal text-soft">
                  {key.scopes ? `Only ${key.scopes.join(', ')}` : 'Everything of the application'}
                </span>
              )}
              <span className="mt-1 block text-sm wrap-normal text-soft sm:hidden">
                Last used: {lastUseOf(key)}
                {key.expiresAt && (
                  <>
                    <br />
                    {expiryWord(key)} <Time at={key.expiresAt} />
                  </>
                )}
              </span>
            </RowHead>
            <Cell shown="tablet">
              <KindBadge of={key} />
            </Cell>
            <Cell shown="tablet">{lastUseOf(key)}</Cell>
            <Cell shown="tablet">
              {key.expiresAt ? (
                <span className={isOver(key) ? 'text-soft' : ''}>
                  <Time at={key.expiresAt} />
                </span>
              ) : (
                'never'
              )}
            </Cell>
            <Cell shown="desktop">
              <Time at={key.createdAt} />
            </Cell>
            <Cell side="right">
              {key.revokedAt ? (
                <span className="text-sm text-soft">
                  revoked <Time at={key.revokedAt} as="day" />
                </span>
              ) : isOver(key) ? (
                <span className="text-sm text-soft">expired</span>
              ) : (
                <Button size="small" onClick={() => onRevoke(key)}>
                  Revoke<span className="sr-only"> …{key.hint}</span>
                </Button>
              )}
            </Cell>
          </tr>
        ))}
      </tbody>
    </Table>
  )
}

function KindBadge({ of: key }: { of: Key }) {
  const tone = isOver(key) ? 'plain' : key.kind === 'secret' ? 'fair' : 'calm'
  return <Badge tone={tone}>{keyKindWords[key.kind].name}</Badge>
}

const isOver = ({ revokedAt, expiresAt }: Key) =>
  revokedAt !== undefined || (expiresAt !== undefined && Date.parse(expiresAt) <= Date.now())
const expiryWord = ({ expiresAt = '' }: Key) => (Date.parse(expiresAt) <= Date.now() ? 'Expired' : 'Expires')
const lastUseOf = ({ lastUsedAt }: Key) => (lastUsedAt ? <Time at={lastUsedAt} /> : 'never')
