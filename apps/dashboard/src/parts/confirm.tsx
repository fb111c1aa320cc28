import { type FormEvent, type ReactNode, useState } from 'react'
import { useAction } from './action.ts'
import { Button, type Look } from './button.tsx'
import { Dialog } from './dialog.tsx'
import { TextField } from './field.tsx'
import { FailureNote } from './states.tsx'

interface Props {
  title: string
  action: string
  look?: Look
  /** What must be typed before it can be done. */
  typed?: string
  onDo(): Promise<unknown>
  onClose(): void
  children: ReactNode
}

/** Asks once more before something is done, and says why it did not work. */
export function Confirm({ title, action, look = 'strong', typed, onDo, onClose, children }: Props) {
  const { busy, failure, run } = useAction()
  const [text, setText] = useState('')
  const [missed, setMissed] = useState(false)

  async function submit(event: FormEvent) {
    event.preventDefault()
    if (busy) return
    if (typed !== undefined && text.trim() !== typed) setMissed(true)
    else if (await run(onDo)) onClose()
  }

  return (
    <Dialog title={title} onClose={onClose}>
      <form onSubmit={submit} className="grid gap-4">
        <div className="text-soft">{children}</div>
        {typed !== undefined && (
          <TextField
            label={`Type “${typed}” to confirm`}
            value={text}
            onChange={event => setText(event.target.value)}
            autoComplete="off"
            autoCapitalize="none"
            spellCheck={false}
            wrong={missed ? `That is not “${typed}”.` : undefined}
          />
        )}
        {failure && <FailureNote error={failure} />}
        <div className="flex flex-wrap justify-end gap-2">
          <Button onClick={onClose}>Keep as it is</Button>
          <Button type="submit" look={look} busy={busy}>
            {action}
          </Button>
        </div>
      </form>
    </Dialog>
  )
}
