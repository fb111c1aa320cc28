import { Button } from './button.tsx'
import { CopyButton } from './copy-button.tsx'
import { Dialog } from './dialog.tsx'

/** A secret's text, to be copied. */
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

/** The window in which a secret is shown for the first and last time. */
export function OnceShownDialog({
  title,
  name,
  text,
  about,
  onClose,
}: {
  title: string
  name: string
  text: string
  about?: string
  onClose(): void
}) {
  return (
    <Dialog title={title} onClose={onClose}>
      <p className="mb-3 text-soft">It is shown this once, and can’t be read again. {about}</p>
      <OnceShown name={name} text={text} />
      <div className="mt-4 flex justify-end">
        <Button look="strong" onClick={onClose}>
          I have kept it
        </Button>
      </div>
    </Dialog>
  )
}
