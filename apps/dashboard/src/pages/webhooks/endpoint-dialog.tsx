import { type FormEvent, useState } from 'react'
import { answer, api } from '../../api/client.ts'
import type { Endpoint, WebhookEvent } from '../../api/types.ts'
import { useAction } from '../../parts/action.ts'
import { Button } from '../../parts/button.tsx'
import { Dialog } from '../../parts/dialog.tsx'
import { CheckField, TextField } from '../../parts/field.tsx'
import { OnceShownDialog } from '../../parts/once-shown.tsx'
import { FailureNote } from '../../parts/states.tsx'
import { paramsOf } from './queries.ts'
import { events, eventWords } from './words.ts'

interface Props {
  applicationId: string
  /** The one to be changed; without it one is made, and its secret shown. */
  endpoint?: Endpoint
  onDone(): Promise<unknown>
  onClose(): void
}

export function EndpointDialog({ applicationId, endpoint, onDone, onClose }: Props) {
  const { busy, failure, run } = useAction()
  const [secret, setSecret] = useState<string>()
  const [chosen, setChosen] = useState<WebhookEvent[]>(endpoint?.events ?? [...events])

  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault()
    if (busy) return
    const url = String(new FormData(event.currentTarget).get('url') ?? '').trim()
    const body = { url, events: events.filter(name => chosen.includes(name)) }
    const done = await run(async () => {
      if (endpoint) await answer(api.PATCH('/v1/webhooks/{id}', { params: paramsOf(endpoint), body }))
      else {
        const made = await answer(api.POST('/v1/webhooks', { params: { query: { applicationId } }, body }))
        setSecret(made.secret)
      }
      await onDone()
    })
    if (done && endpoint) onClose()
  }

  if (secret !== undefined) {
    return (
      <OnceShownDialog
        title="Copy the signing secret now"
        name="Signing secret"
        text={secret}
        about="Check with it that a call comes from here."
        onClose={onClose}
      />
    )
  }
  const wrongUrl = failure?.errors.find(({ path }) => path === 'url')?.message
  const wrongEvents = failure?.errors.find(({ path }) => path.startsWith('events'))
  return (
    <Dialog title={endpoint ? 'Change the endpoint' : 'Add an endpoint'} onClose={onClose}>
      <form onSubmit={submit} className="grid gap-4">
        <TextField
          label="URL"
          name="url"
          type="url"
          required
          defaultValue={endpoint?.url}
          placeholder="https://app.example.com/hooks/sparekey"
          autoComplete="off"
          spellCheck={false}
          wrong={wrongUrl}
        />
        <fieldset className="grid gap-2.5">
          <legend className="mb-1.5 text-sm font-semibold">Events</legend>
          {events.map(name => (
            <CheckField
              key={name}
              label={name}
              hint={eventWords[name]}
              checked={chosen.includes(name)}
              onChange={({ target }) =>
                setChosen(target.checked ? [...chosen, name] : chosen.filter(other => other !== name))
              }
            />
          ))}
          {wrongEvents && <p className="text-sm text-wrong">Choose one at least.</p>}
        </fieldset>
        {failure && !wrongUrl && !wrongEvents && <FailureNote error={failure} />}
        <div className="flex flex-wrap justify-end gap-2">
          <Button onClick={onClose}>Leave it</Button>
          <Button type="submit" look="strong" busy={busy}>
            {endpoint ? 'Save' : 'Add the endpoint'}
          </Button>
        </div>
      </form>
    </Dialog>
  )
}
