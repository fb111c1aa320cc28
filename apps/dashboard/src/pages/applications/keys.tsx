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
          <HeadCell>Kind</HeadCell>
          <HeadCell shown="tablet">Last used</HeadCell>
          <HeadCell shown="tablet">Made at</HeadCell>
          <HeadCell side="right">
            <span className="sr-only">Revoke</span>
          </HeadCell>
        </tr>
      </thead>
      <tbody>
        {keys.map(key => (
          <tr key={key.id} className="group">
            <RowHead>
              <code>…{key.hint}</code>
              {key.name && <span className="block text-sm wrap-normal text-soft">{key.name}</span>}
              {key.scopes && (
                <span className="block text-sm wrap-normal text-soft">{key.scopes.join(', ')}</span>
              )}
              {key.expiresAt && (
                <span className="block text-sm text-soft">
                  until <Time at={key.expiresAt} />
                </span>
              )}
            </RowHead>
            <Cell>
              <Badge tone={key.revokedAt ? 'plain' : key.kind === 'secret' ? 'fair' : 'calm'}>
                {keyKindWords[key.kind].name}
              </Badge>
            </Cell>
            <Cell shown="tablet">{key.lastUsedAt ? <Time at={key.lastUsedAt} /> : 'never'}</Cell>
            <Cell shown="tablet">
              <Time at={key.createdAt} />
            </Cell>
            <Cell side="right">
              {key.revokedAt ? (
                <span className="text-sm text-soft">
                  revoked <Time at={key.revokedAt} as="day" />
                </span>
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
