import { useEffect, useRef, useState } from 'react'
import { inScheme, type Scheme } from './scheme.ts'

const height = 820

interface Props {
  html: string
  title: string
  width: number
  scheme: Scheme
}

/** A mail at the width of its reader; where the page is narrower, it is drawn smaller, not broken anew. */
export function MailFrame({ html, title, width, scheme }: Props) {
  const place = useRef<HTMLDivElement>(null)
  const [room, setRoom] = useState(width)
  useEffect(() => {
    const observer = new ResizeObserver(([entry]) => entry && setRoom(entry.contentRect.width))
    if (place.current) observer.observe(place.current)
    return () => observer.disconnect()
  }, [])
  const scale = Math.min(1, room / width)
  return (
    <div ref={place}>
      <div
        className="mx-auto overflow-hidden rounded-control border border-line"
        style={{ width: width * scale, height: height * scale }}
      >
        <iframe
          title={title}
          sandbox=""
          srcDoc={inScheme(html, scheme)}
          className="block origin-top-left border-0"
          style={{ width, height, scale: String(scale), colorScheme: scheme }}
        />
      </div>
    </div>
  )
}
