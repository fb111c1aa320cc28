import { type ReactNode, useEffect } from 'react'

/** The heading of a page, and the title of its window. Takes the focus when the page is gone to (frame.tsx). */
export function PageTitle({ title, about, aside }: { title: string; about?: ReactNode; aside?: ReactNode }) {
  useEffect(() => {
    document.title = `${title} · Sparekey`
  }, [title])
  return (
    <div className="mb-5 flex flex-wrap items-end justify-between gap-x-4 gap-y-3">
      <div className="min-w-0">
        <h1 tabIndex={-1} className="text-2xl leading-tight font-bold tracking-tight wrap-anywhere">
          {title}
        </h1>
        {about && <div className="mt-1 text-soft">{about}</div>}
      </div>
      {aside && <div className="flex max-w-full flex-wrap items-center gap-2">{aside}</div>}
    </div>
  )
}
