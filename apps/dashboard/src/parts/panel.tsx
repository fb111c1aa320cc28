import { type ReactNode, useId } from 'react'

interface Props {
  title: string
  about?: ReactNode
  aside?: ReactNode
  className?: string
  children: ReactNode
}

/** A card with its heading, a region of its own to screen readers. */
export function Panel({ title, about, aside, className = '', children }: Props) {
  const id = useId()
  return (
    <section
      aria-labelledby={id}
      className={`min-w-0 rounded-card border border-line bg-card p-4 shadow-card sm:p-5 ${className}`}
    >
      <div className="mb-3 flex flex-wrap items-start justify-between gap-x-4 gap-y-2">
        <div>
          <h2 id={id} className="text-base font-semibold">
            {title}
          </h2>
          {about && <p className="text-sm text-soft">{about}</p>}
        </div>
        {aside}
      </div>
      {children}
    </section>
  )
}
