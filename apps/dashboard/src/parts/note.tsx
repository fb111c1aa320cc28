import { createStore, useStore } from '../store.ts'

const note = createStore<{ text: string; key: number } | null>(null)
const shownMs = 6_000
let timer: number | undefined
let count = 0

/** Says in passing that something was done; screen readers say it aloud. */
export function tell(text: string): void {
  count += 1
  note.set({ text, key: count })
  window.clearTimeout(timer)
  timer = window.setTimeout(() => note.set(null), shownMs)
}

/** The place of such notes. It stays on the page, since a reader only hears what changes in it. */
export function Notes() {
  const shown = useStore(note)
  return (
    <div
      role="status"
      aria-live="polite"
      className="pointer-events-none fixed inset-x-4 bottom-20 z-20 flex justify-center md:bottom-6"
    >
      {shown && (
        <p
          key={shown.key}
          className="pointer-events-auto rounded-control border border-field-line bg-text px-4 py-2.5 font-medium text-ground shadow-lg"
        >
          {shown.text}
        </p>
      )}
    </div>
  )
}
