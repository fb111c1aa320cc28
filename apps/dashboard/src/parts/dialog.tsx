import { type ReactNode, useId, useLayoutEffect, useRef } from 'react'

/** A window over the page that keeps the focus while it is there. Escape closes it. */
export function Dialog({
  title,
  onClose,
  children,
}: {
  title: string
  onClose(): void
  children: ReactNode
}) {
  const id = useId()
  const ref = useRef<HTMLDialogElement>(null)
  useLayoutEffect(() => {
    const dialog = ref.current
    dialog?.showModal()
    return () => {
      // This gives the focus back to where it was, unless that went away with what was done.
      dialog?.close()
      window.setTimeout(() => {
        if (document.activeElement === document.body) document.querySelector('h1')?.focus()
      })
    }
  }, [])
  return (
    <dialog
      ref={ref}
      aria-labelledby={id}
      onCancel={event => {
        event.preventDefault()
        onClose()
      }}
      className="w-[min(30rem,calc(100vw-2rem))] rounded-card border border-line bg-card p-5 shadow-card sm:p-6"
    >
      <h2 id={id} className="mb-2 text-lg leading-snug font-bold wrap-anywhere">
        {title}
      </h2>
      {children}
    </dialog>
  )
}
