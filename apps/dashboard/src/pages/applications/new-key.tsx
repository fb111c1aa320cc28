import { type FormEvent, useState } from 'react'
import { answer, api } from '../../api/client.ts'
import type { Scope } from '../../api/types.ts'
import { useAction } from '../../parts/action.ts'
import { Button } from '../../parts/button.tsx'
import { ChoiceRow } from '../../parts/choice-row.tsx'
import { Dialog } from '../../parts/dialog.tsx'
import { TextField } from '../../parts/field.tsx'
import { OnceShownDialog } from '../../parts/once-shown.tsx'
import { FailureNote } from '../../parts/states.tsx'
import { ExpiryField, expiryOf } from './key-expiry.tsx'
import { ScopeFields } from './key-scopes.tsx'
import { keyKindWords } from './words.ts'

type Kind = keyof typeof keyKindWords
const kinds = [
  { value: 'secret', label: keyKindWords.secret.name },
  { value: 'publishable', label: keyKindWords.publishable.name },
] as const

interface Props {
  applicationId: string
  onMade(): Promise<unknown>
  onClose(): void
}

/** Makes a key and shows its text, which is kept nowhere but in this window. */
export function NewKeyDialog({ applicationId, onMade, onClose }: Props) {
  const { busy, failure, run } = useAction()
  const [kind, setKind] = useState<Kind>('secret')
  /** Null: everything. */
  const [scopes, setScopes] = useState<Scope[] | null>(null)
  const [missing, setMissing] = useState(false)
  const [text, setText] = useState<string>()

  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault()
    if (busy) return
    const narrowed = kind === 'secret' ? scopes : null
    setMissing(narrowed?.length === 0)
    if (narrowed?.length === 0) return
    const form = new FormData(event.currentTarget)
    const name = String(form.get('name') ?? '').trim()
    const expiresAt = expiryOf(form)
    await run(async () => {
      const body = {
        kind,
        ...(name ? { name } : {}),
        ...(narrowed ? { scopes: narrowed } : {}),
        ...(expiresAt ? { expiresAt } : {}),
      }
      const made = await answer(
        api.POST('/v1/applications/{id}/keys', { params: { path: { id: applicationId } }, body }),
      )
      setText(made.key)
      await onMade()
    })
  }

  if (text !== undefined) {
    return (
      <OnceShownDialog
        title="Copy the key now"
        name={keyKindWords[kind].name}
        text={text}
        onClose={onClose}
      />
    )
  }
  const wrongExpiry = failure?.errors.find(({ path }) => path === 'expiresAt')?.message
  return (
    <Dialog title="Make a key" onClose={onClose}>
      <form onSubmit={submit} className="grid gap-4">
        <div>
          <ChoiceRow legend="Kind" choices={kinds} value={kind} onChoose={kind => setKind(kind)} />
          <p className="mt-1.5 text-sm text-soft">{keyKindWords[kind].about}</p>
        </div>
        <TextField
          label="Name"
          name="name"
          maxLength={100}
          autoComplete="off"
          hint="For yourself; may be left empty"
        />
        {kind === 'secret' && <ScopeFields scopes={scopes} missing={missing} onSet={setScopes} />}
        <ExpiryField wrong={wrongExpiry} />
        {failure && !wrongExpiry && <FailureNote error={failure} />}
        <div className="flex flex-wrap justify-end gap-2">
          <Button onClick={onClose}>Leave it</Button>
          <Button type="submit" look="strong" busy={busy}>
            Make the key
          </Button>
        </div>
      </form>
    </Dialog>
  )
}
