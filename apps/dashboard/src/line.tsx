import { useEffect, useState } from 'react'
import { useLive } from './live.ts'
import { Time } from './parts/time.tsx'

const states = {
  opening: { words: 'Connecting', dot: 'bg-field-line' },
  open: { words: 'Live', dot: 'bg-good' },
  lost: { words: 'Not live', dot: 'bg-wrong' },
}

/** Whether the figures are fresh, beside the menu. */
export function LineState() {
  const { line } = useLive()
  const { words, dot } = states[line]
  return (
    <p role="status" className="flex items-center gap-2 text-sm text-soft md:px-3">
      <span aria-hidden="true" className={`size-2 rounded-full ${dot}`} />
      {words}
    </p>
  )
}

/** Says above every page that what is shown has grown old, and until when that will be so. */
export function LineNote() {
  const { line, figures, retryAt } = useLive()
  if (line !== 'lost') return null
  return (
    <div className="mb-5 rounded-control border-l-4 border-fair bg-fair-ground px-4 py-3">
      <p>
        <strong className="font-semibold text-fair">The live line is lost.</strong>{' '}
        {figures ? (
          <>
            What you see is of <Time at={figures.at} />.{' '}
          </>
        ) : null}
        {retryAt !== null && <Countdown until={retryAt} />}
      </p>
    </div>
  )
}

function Countdown({ until }: { until: number }) {
  const [now, setNow] = useState(Date.now)
  useEffect(() => {
    const timer = window.setInterval(() => setNow(Date.now()), 500)
    return () => window.clearInterval(timer)
  }, [])
  const seconds = Math.ceil((until - now) / 1000)
  return <>{seconds > 0 ? `Trying again in ${seconds} s.` : 'Trying again…'}</>
}
