import { useLayoutEffect, useRef, useState } from 'react'
import { inScheme, type Scheme } from './scheme.ts'

/** Until its own height is known. */
const usualHeight = 820

interface Props {
  html: string
  title: string
  width: number
  scheme: Scheme
}

/** A whole mail at the width of its reader; where the page is narrower, it is drawn smaller, not broken anew. */
export function MailFrame({ html, title, width, scheme }: Props) {
  const place = useRef<HTMLDivElement>(null)
  const frame = useRef<HTMLIFrameElement>(null)
  const [room, setRoom] = useState(width)
  const [height, setHeight] = useState(usualHeight)
  useLayoutEffect(() => {
    // Before it is drawn: a mail is wider than a phone.
    if (place.current) setRoom(place.current.clientWidth)
    const observer = new ResizeObserver(([entry]) => entry && setRoom(entry.contentRect.width))
    if (place.current) observer.observe(place.current)
    return () => observer.disconnect()
  }, [])
  // biome-ignore lint/correctness/useExhaustiveDependencies: at another width the same mail has another height
  useLayoutEffect(measure, [width])

  function measure() {
    const mail = frame.current?.contentDocument
    // Before it is loaded there is another document, an empty one.
    if (mail?.URL === 'about:srcdoc') setHeight(mail.documentElement.offsetHeight)
  }

  const scale = Math.min(1, room / width)
  return (
    <div ref={place} className="overflow-hidden">
      <div
        className="mx-auto overflow-hidden rounded-control border border-line"
        style={{ width: width * scale, height: height * scale }}
      >
        <iframe
          ref={frame}
          title={title}
          // Of our own origin, so that its height can be read; no script runs in it.
          sandbox="allow-same-origin"
          srcDoc={inScheme(html, scheme)}
          onLoad={measure}
          className="block origin-top-left border-0"
          style={{ width, height, scale: String(scale), colorScheme: scheme }}
        />
      </div>
    </div>
  )
}
