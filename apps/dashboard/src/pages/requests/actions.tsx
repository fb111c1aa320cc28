import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { answer, api } from '../../api/client.ts'
import type { ResetRequest } from '../../api/types.ts'
import { Button } from '../../parts/button.tsx'
import { Confirm } from '../../parts/confirm.tsx'
import { tell } from '../../parts/note.tsx'
import { requestQuery } from './queries.ts'
import { cancellable, resendable } from './words.ts'

type Verb = 'cancel' | 'resend'

export function RequestActions({ request }: { request: ResetRequest }) {
  const client = useQueryClient()
  const [asked, setAsked] = useState<Verb>()
  const { id, login, status } = request
  const again = status === 'failed' ? 'Try again' : 'Send again'

  async function act(verb: Verb) {
    const params = { path: { id } }
    const call =
      verb === 'cancel'
        ? api.POST('/v1/reset-requests/{id}/cancel', { params })
        : api.POST('/v1/reset-requests/{id}/resend', { params })
    const changed = await answer(call)
    client.setQueryData(requestQuery(id).queryKey, before => ({ ...before, ...changed }))
    await client.invalidateQueries({ queryKey: ['requests'] })
    tell(verb === 'cancel' ? 'The request is cancelled.' : 'The mail goes out again.')
  }

  return (
    <>
      {cancellable.includes(status) && <Button onClick={() => setAsked('cancel')}>Cancel request</Button>}
      {resendable.includes(status) && (
        <Button look="strong" onClick={() => setAsked('resend')}>
          {again}
        </Button>
      )}
      {asked === 'cancel' && (
        <Confirm
          title={`Cancel the request of ${login}?`}
          action="Cancel request"
          look="danger"
          onDo={() => act('cancel')}
          onClose={() => setAsked(undefined)}
        >
          No further mail goes out, and a link or code that is already in the mailbox stops working at once.
        </Confirm>
      )}
      {asked === 'resend' && (
        <Confirm
          title={`Mail ${login} once more?`}
          action={again}
          onDo={() => act('resend')}
          onClose={() => setAsked(undefined)}
        >
          The mail holds a new link; older ones stop working at once. The limits for one person hold as
          always.
        </Confirm>
      )}
    </>
  )
}
