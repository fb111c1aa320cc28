import { type FormEvent, useState } from 'react'
import { answer, api } from '../../api/client.ts'
import { useAction } from '../../parts/action.ts'
import { Button } from '../../parts/button.tsx'
import { ChoiceRow } from '../../parts/choice-row.tsx'
import { CopyButton } from '../../parts/copy-button.tsx'
import { Dialog } from '../../parts/dialog.tsx'
import { TextField } from '../../parts/field.tsx'
import { FailureNote } from '../../parts/states.tsx'
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
  const [text, setText] = useState<string>()

  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault()
    if (busy) return
    const name = String(new FormData(event.currentTarget).get('name') ?? '').trim()
    await run(async () => {
      const body = { kind, ...(name ? { name } : {}) }
      const made = await answer(
        api.POST('/v1/applications/{id}/keys', { params: { path: { id: applicationId } }, body }),
      )
      setText(made.key)
      await onMade()
    })
  }

  if (text !== undefined) {
    return (
      <Dialog title="Copy the key now" onClose={onClose}>
        <p className="mb-3 text-soft">It is shown this once, and can’t be read again.</p>
        <OnceShown name={keyKindWords[kind].name} text={text} />
        <div className="mt-4 flex justify-end">
          <Button look="strong" onClick={onClose}>
            I have kept it
          </Button>
        </div>
      </Dialog>
    )
  }
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
        {failure && <FailureNote error={failure} />}
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

/** A key's text, to be copied. */
export function OnceShown({ name, text }: { name: string; text: string }) {
  return (
    <div className="rounded-control border border-line bg-ground p-3">
      <div className="mb-1 flex items-center justify-between gap-3">
        <span className="text-sm font-semibold">{name}</span>
        <CopyButton text={text} label="Copy" />
      </div>
      <code className="block text-sm break-all select-all">{text}</code>
    </div>
  )
}
