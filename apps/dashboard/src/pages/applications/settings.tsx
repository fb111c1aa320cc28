import { useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useRef, useState } from 'react'
import type { Application } from '../../api/types.ts'
import { useAction } from '../../parts/action.ts'
import { Button } from '../../parts/button.tsx'
import { tell } from '../../parts/note.tsx'
import { Panel } from '../../parts/panel.tsx'
import { FailureNote } from '../../parts/states.tsx'
import { DirectorySecretShown } from './directory-secret.tsx'
import { WrongFields } from './form.tsx'
import { changesOf, valuesOf } from './form-values.ts'
import { ProofFields } from './proof-fields.tsx'
import { makeDirectorySecret, patchApplication } from './queries.ts'
import {
  AccountFields,
  LimitFields,
  MailFields,
  NameFields,
  TimeFields,
  WayFields,
} from './setting-fields.tsx'

/** Everything about an application that can be changed. */
export function Settings({ application }: { application: Application }) {
  const client = useQueryClient()
  const { busy, failure, run } = useAction()
  const form = useRef<HTMLFormElement>(null)
  // What the fields were filled from; what is read anew meanwhile must not look like a change of ours.
  const [stored, setStored] = useState(application)
  // With each of them the secret that was typed leaves its field.
  const [saves, setSaves] = useState(0)
  const [directorySecret, setDirectorySecret] = useState<string>()

  async function save(event: FormEvent<HTMLFormElement>) {
    event.preventDefault()
    if (busy) return
    const changes = changesOf(stored, valuesOf(new FormData(event.currentTarget)))
    if (Object.keys(changes).length === 0) return tell('Nothing was changed.')
    const saved = await run(async () => {
      const after = await patchApplication(client, application.id, changes)
      setStored(after)
      setSaves(saves + 1)
      // Nobody has seen the secret of a directory that is new.
      if (after.directoryUrl && !stored.directoryUrl)
        setDirectorySecret(await makeDirectorySecret(application.id))
    })
    if (saved) tell('Saved.')
    // Once the fields know what is wrong with them.
    else window.setTimeout(() => form.current?.querySelector<HTMLElement>('[aria-invalid]')?.focus())
  }

  return (
    <Panel title="Settings">
      <form ref={form} onSubmit={save} className="grid gap-6">
        <WrongFields value={failure?.errors ?? []}>
          <NameFields application={stored} />
          <MailFields application={stored} />
          <WayFields application={stored} />
          <AccountFields application={stored} />
          <TimeFields application={stored} />
          <ProofFields key={saves} application={stored} />
          <LimitFields application={stored} />
        </WrongFields>
        {failure && <FailureNote error={failure} />}
        <div>
          <Button type="submit" look="strong" busy={busy}>
            Save settings
          </Button>
        </div>
      </form>
      {directorySecret !== undefined && (
        <DirectorySecretShown text={directorySecret} onClose={() => setDirectorySecret(undefined)} />
      )}
    </Panel>
  )
}
