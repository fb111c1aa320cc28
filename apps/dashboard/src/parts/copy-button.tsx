import { useState } from 'react'
import { Button } from './button.tsx'

/** Puts a text into the clipboard, and says whether it did. */
export function CopyButton({ text, label }: { text: string; label: string }) {
  const [state, setState] = useState<'idle' | 'done' | 'refused'>('idle')
  const words = { idle: label, done: 'Copied', refused: 'Select and copy it by hand' }
  async function copy() {
    try {
      // On plain http there is no clipboard.
      await navigator.clipboard.writeText(text)
      setState('done')
    } catch {
      setState('refused')
    }
  }
  return (
    <Button size="small" onClick={copy}>
      <span aria-live="polite">{words[state]}</span>
    </Button>
  )
}
