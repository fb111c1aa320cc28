import { useState } from 'react'
import { Button } from './button.tsx'

/** Puts a text into the clipboard, and says whether it did. */
export function CopyButton({ text, label }: { text: string; label: string }) {
  const [state, setState] = useState<'idle' | 'done' | 'refused'>('idle')
  const words = { idle: label, done: 'Copied', refused: 'Select and copy it by hand' }
  return (
    <Button
      size="small"
      onClick={() =>
        navigator.clipboard.writeText(text).then(
          () => setState('done'),
          () => setState('refused'),
        )
      }
    >
      <span aria-live="polite">{words[state]}</span>
    </Button>
  )
}
