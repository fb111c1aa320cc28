import { type ReactNode, useId, useState } from 'react'
import type { Endpoint } from '../../api/types.ts'
import { Badge, type Tone } from '../../parts/badge.tsx'
import { Button } from '../../parts/button.tsx'
import { Time } from '../../parts/time.tsx'
import { Deliveries } from './deliveries.tsx'
import { events } from './words.ts'

/** What may be done with an endpoint, each after a question of its own. */
export type EndpointAction = 'change' | 'rotate' | 'off' | 'on' | 'delete'

interface Props {
  endpoint: Endpoint
  onAsk(action: EndpointAction): void
}

export function EndpointItem({ endpoint, onAsk }: Props) {
  const [shown, setShown] = useState(false)
  const id = useId()
  const { url, events: wanted, enabled } = endpoint
  const { name, tone, about } = stateOf(endpoint)
  const action = (words: string, of: EndpointAction, className = '') => (
    <Button size="small" className={className} onClick={() => onAsk(of)}>
      {words}
      <span className="sr-only"> of {url}</span>
    </Button>
  )
  return (
    <li className="border-t border-line py-5 first:border-0 first:pt-1 last:pb-0">
      <div className="flex flex-wrap items-start justify-between gap-x-4 gap-y-1">
        <h3 className="min-w-0 font-mono text-[0.9375rem] font-medium wrap-anywhere">{url}</h3>
        <Badge tone={tone}>{name}</Badge>
      </div>
      <p className="mt-1 text-sm text-soft">
        {wanted.length === events.length ? 'Every event' : wanted.join(', ')} · made{' '}
        <Time at={endpoint.createdAt} as="day" />
      </p>
      {about && <p className="mt-1">{about}</p>}
      <div className="mt-3 flex flex-wrap gap-2">
        <Button size="small" aria-expanded={shown} aria-controls={id} onClick={() => setShown(!shown)}>
          {shown ? 'Hide deliveries' : 'Deliveries'}
          <span className="sr-only"> of {url}</span>
        </Button>
        {action('Change', 'change')}
        {action('Rotate secret', 'rotate')}
        {enabled ? action('Switch off', 'off') : action('Switch on again', 'on')}
        {action('Delete', 'delete', 'text-wrong')}
      </div>
      <div id={id} className={shown ? 'mt-4 rounded-control border border-line p-3 sm:p-4' : ''}>
        {shown && <Deliveries endpoint={endpoint} />}
      </div>
    </li>
  )
}

function stateOf({ enabled, disabledReason, failingSince }: Endpoint): {
  name: string
  tone: Tone
  about?: ReactNode
} {
  if (!enabled && disabledReason)
    return { name: 'Switched off', tone: 'wrong', about: `Switched off by itself: ${disabledReason}.` }
  if (!enabled) return { name: 'Off', tone: 'plain', about: 'Switched off by hand.' }
  if (!failingSince) return { name: 'On', tone: 'good' }
  return {
    name: 'Failing',
    tone: 'fair',
    about: (
      <>
        Nothing could be delivered since <Time at={failingSince} />. After five days it is switched off.
      </>
    ),
  }
}
