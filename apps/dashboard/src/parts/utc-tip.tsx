import { useEffect, useState } from 'react'

export const utcTipId = 'utc-tip'
/** Room that it takes at most. */
const width = 190
const height = 34

interface Tip {
  text: string
  left: number
  top: number
}

/**
 * Says in UTC the time that is pointed at, or that the keyboard is at. There is one on the page, over everything else, so
 * that no edge cuts it off. Escape takes it away.
 */
export function UtcTip() {
  const [tip, setTip] = useState<Tip | null>(null)
  useEffect(() => {
    let shown: Element | null = null
    const show = (time: Element | null | undefined) => {
      if ((time ?? null) === shown) return
      shown = time ?? null
      setTip(shown instanceof HTMLTimeElement ? tipOf(shown) : null)
    }
    const leave = new AbortController()
    const on = <K extends keyof DocumentEventMap>(name: K, hear: (event: DocumentEventMap[K]) => void) =>
      document.addEventListener(name, hear, { signal: leave.signal, capture: true, passive: true })
    on('pointermove', ({ clientX, clientY, pointerType }) => {
      // A link may cover its whole row, and the time in it.
      const under = document.elementsFromPoint(clientX, clientY)
      if (pointerType === 'mouse') show(under.find(element => element instanceof HTMLTimeElement))
    })
    on('focusin', ({ target }) => target instanceof Element && show(timeOf(target)))
    on('focusout', () => show(null))
    on('scroll', () => show(null))
    on('keydown', ({ key }) => key === 'Escape' && show(null))
    return () => leave.abort()
  }, [])
  return (
    <p
      id={utcTipId}
      role="tooltip"
      hidden={tip === null}
      style={{ left: tip?.left, top: tip?.top }}
      className="figures pointer-events-none fixed z-30 rounded-md bg-text px-2 py-1 text-sm whitespace-nowrap text-ground shadow-lg"
    >
      {tip?.text}
    </p>
  )
}

/** The time that has the focus, or the one in the row that the focused link covers. */
function timeOf(focused: Element): Element | null | undefined {
  if (!focused.matches('a.cover')) return focused.closest('time')
  return [...(focused.closest('tr, li')?.querySelectorAll('time') ?? [])].find(time => time.checkVisibility())
}

function tipOf(time: HTMLTimeElement): Tip {
  const { left, top, bottom } = time.getBoundingClientRect()
  return {
    text: `${new Date(time.dateTime).toISOString().replace('T', ' ').slice(0, 19)} UTC`,
    left: Math.max(4, Math.min(left, window.innerWidth - width)),
    top: top > height + 4 ? top - height : bottom + 6,
  }
}
