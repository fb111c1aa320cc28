import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { answer, api } from '../../api/client.ts'
import type { Endpoint } from '../../api/types.ts'
import { Button } from '../../parts/button.tsx'
import { Confirm } from '../../parts/confirm.tsx'
import { tell } from '../../parts/note.tsx'
import { OnceShownDialog } from '../../parts/once-shown.tsx'
import { Panel } from '../../parts/panel.tsx'
import { Empty, waitingFor } from '../../parts/states.tsx'
import { EndpointDialog } from './endpoint-dialog.tsx'
import { type EndpointAction, EndpointItem } from './endpoint-item.tsx'
import { endpointsQuery, paramsOf } from './queries.ts'

interface Asked {
  endpoint: Endpoint
  action: EndpointAction
}

/** Where one application is told what happened. */
export function Webhooks({ applicationId }: { applicationId: string }) {
  const client = useQueryClient()
  const query = useQuery(endpointsQuery(applicationId))
  const [making, setMaking] = useState(false)
  const [asked, setAsked] = useState<Asked>()
  const [secret, setSecret] = useState<string>()
  const again = () => client.invalidateQueries({ queryKey: ['webhooks'] })

  return (
    <Panel
      title="Webhooks"
      about="Told what happens, signed by Standard Webhooks, for three days of tries."
      aside={
        <Button size="small" onClick={() => setMaking(true)}>
          Add an endpoint
        </Button>
      }
    >
      {waitingFor(query)}
      {query.data?.length === 0 && (
        <Empty title="No endpoint">
          Add one to hear of resets and new passwords, and to end sessions when a password changes.
        </Empty>
      )}
      <ul>
        {query.data?.map(endpoint => (
          <EndpointItem
            key={endpoint.id}
            endpoint={endpoint}
            onAsk={action => setAsked({ endpoint, action })}
          />
        ))}
      </ul>
      {making && (
        <EndpointDialog applicationId={applicationId} onDone={again} onClose={() => setMaking(false)} />
      )}
      {asked?.action === 'change' && (
        <EndpointDialog
          applicationId={applicationId}
          endpoint={asked.endpoint}
          onDone={again}
          onClose={() => setAsked(undefined)}
        />
      )}
      {asked && asked.action !== 'change' && (
        <ConfirmAction
          endpoint={asked.endpoint}
          action={asked.action}
          onDone={again}
          // In one step: the question gives the focus back before the secret's window takes it.
          onSecret={text => {
            setSecret(text)
            setAsked(undefined)
          }}
          onClose={() => setAsked(undefined)}
        />
      )}
      {secret !== undefined && (
        <OnceShownDialog
          title="Copy the new signing secret now"
          name="Signing secret"
          text={secret}
          about="The old one signs beside it for 24 hours."
          onClose={() => setSecret(undefined)}
        />
      )}
    </Panel>
  )
}

const questions = {
  rotate: {
    title: 'Make a new signing secret?',
    action: 'Rotate secret',
    look: 'strong',
    about: 'Both secrets sign for 24 hours, so that the receiver can change over without a gap.',
    done: undefined,
  },
  off: {
    title: 'Switch this endpoint off?',
    action: 'Switch off',
    look: 'strong',
    about: 'It hears nothing more, and what happens meanwhile is not kept for it.',
    done: 'The endpoint is off.',
  },
  on: {
    title: 'Switch this endpoint on again?',
    action: 'Switch on',
    look: 'strong',
    about: 'It hears what happens from now on. What failed before can be replayed.',
    done: 'The endpoint is on again.',
  },
  delete: {
    title: 'Delete this endpoint?',
    action: 'Delete endpoint',
    look: 'danger',
    about: 'Its deliveries go with it. This can’t be taken back.',
    done: 'The endpoint is gone.',
  },
} as const

interface ConfirmProps {
  endpoint: Endpoint
  action: keyof typeof questions
  onDone(): Promise<unknown>
  onSecret(text: string): void
  onClose(): void
}

function ConfirmAction({ endpoint, action, onDone, onSecret, onClose }: ConfirmProps) {
  const { title, about, look, done, action: words } = questions[action]
  const params = paramsOf(endpoint)

  async function act() {
    if (action === 'rotate') {
      const { secret } = await answer(api.POST('/v1/webhooks/{id}/rotate-secret', { params }))
      return onSecret(secret)
    }
    if (action === 'delete') await answer(api.DELETE('/v1/webhooks/{id}', { params }))
    else await answer(api.PATCH('/v1/webhooks/{id}', { params, body: { enabled: action === 'on' } }))
    await onDone()
    if (done) tell(done)
  }

  return (
    <Confirm title={title} action={words} look={look} onDo={act} onClose={onClose}>
      <p className="mb-2 font-mono text-sm wrap-anywhere text-text">{endpoint.url}</p>
      {about}
    </Confirm>
  )
}
