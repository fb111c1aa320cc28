import { useState } from 'react'
import { Button } from '../../parts/button.tsx'
import { Confirm } from '../../parts/confirm.tsx'
import { OnceShownDialog } from '../../parts/once-shown.tsx'
import { Panel } from '../../parts/panel.tsx'
import { makeDirectorySecret } from './queries.ts'

/** The secret that signs what the application's own server is asked: not shown, but made anew. */
export function DirectorySecret({ id, url }: { id: string; url: string }) {
  const [asked, setAsked] = useState(false)
  const [secret, setSecret] = useState<string>()
  return (
    <Panel title="Directory secret">
      <div className="flex flex-wrap items-center justify-between gap-3">
        <p className="max-w-xl text-soft">
          Signs by Standard Webhooks what <code className="text-sm wrap-anywhere">{url}</code> is asked. Lost
          it, or has somebody else seen it? Make a new one.
        </p>
        <Button onClick={() => setAsked(true)}>New directory secret</Button>
      </div>
      {asked && (
        <Confirm
          title="Make a new directory secret?"
          action="Make the secret"
          // In one step: the question gives the focus back before the secret's window takes it.
          onDo={async () => {
            setSecret(await makeDirectorySecret(id))
            setAsked(false)
          }}
          onClose={() => setAsked(false)}
        >
          Both secrets sign for 24 hours, so that your server can change over without a gap.
        </Confirm>
      )}
      {secret !== undefined && <DirectorySecretShown text={secret} onClose={() => setSecret(undefined)} />}
    </Panel>
  )
}

export function DirectorySecretShown({ text, onClose }: { text: string; onClose(): void }) {
  return (
    <OnceShownDialog
      title="Copy the directory secret now"
      name="Directory secret"
      text={text}
      about="Your server checks with it that it is asked from here. One it had before signs beside it for 24 hours."
      onClose={onClose}
    />
  )
}
