import { useEffect, useRef, useState } from 'react'
import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import { type Plot, plotOptions } from './chart-options.ts'
import { Time } from './time.tsx'

/** A marked line beside its name: dashes tell lines apart where colours don't. */
function Mark({ color, dash }: { color: string; dash?: number[] | undefined }) {
  return (
    <svg aria-hidden="true" viewBox="0 0 20 4" className="h-1 w-5">
      <path d="M0 2h20" stroke={`var(${color})`} strokeWidth="3" strokeDasharray={dash?.join(' ')} />
    </svg>
  )
}

/** Lines over time. What is pointed at is told in the legend; the same figures stand in a table beneath. */
export function Chart(plot: Plot) {
  const { label, times, lines, format } = plot
  const place = useRef<HTMLDivElement>(null)
  const drawn = useRef<uPlot>(undefined)
  const [pointed, setPointed] = useState<number | null>(null)
  const scheme = useScheme()
  const latest = useRef(plot)
  latest.current = plot

  // Drawn anew where its looks change; new figures alone are handed over below.
  const looks = `${scheme} ${lines.map(({ name }) => name).join()}`
  useEffect(() => {
    const target = place.current
    if (!target || !looks) return
    const chart = new uPlot(
      plotOptions(latest.current, target.clientWidth, setPointed),
      dataOf(latest.current),
      target,
    )
    drawn.current = chart
    const observer = new ResizeObserver(([entry]) => {
      if (entry) chart.setSize({ width: entry.contentRect.width, height: latest.current.height ?? 220 })
    })
    observer.observe(target)
    return () => {
      observer.disconnect()
      chart.destroy()
    }
  }, [looks])
  useEffect(() => {
    drawn.current?.setData(dataOf({ times, lines }))
  }, [times, lines])

  const at = pointed === null ? undefined : times[pointed]
  return (
    <figure>
      <figcaption className="sr-only">{label}</figcaption>
      <ul aria-hidden="true" className="mb-1 flex min-h-6 flex-wrap items-center gap-x-4 text-sm text-soft">
        {lines.map(({ name, color, dash, values }) => (
          <li key={name} className="flex items-center gap-1.5">
            <Mark color={color} dash={dash} />
            {name}
            {pointed !== null && (
              <span className="figures font-semibold text-text">{said(values[pointed], format)}</span>
            )}
          </li>
        ))}
        {at !== undefined && (
          <li className="ml-auto">
            <Time passed at={new Date(at * 1000).toISOString()} />
          </li>
        )}
      </ul>
      <div ref={place} aria-hidden="true" />
      <FiguresTable {...plot} />
    </figure>
  )
}

function said(value: number | null | undefined, format: Plot['format']): string {
  return value === null || value === undefined ? '–' : format(value)
}

const longestTable = 24

/** The same for those who can't see the lines. Of very many moments every so manieth. */
function FiguresTable({ label, times, lines, format }: Plot) {
  const [open, setOpen] = useState(false)
  const step = Math.ceil(times.length / longestTable)
  const rows = times
    .map((at, index) => ({ at, index }))
    .filter(({ index }) => (times.length - 1 - index) % step === 0)
  return (
    <details className="mt-1 text-sm" onToggle={event => setOpen(event.currentTarget.open)}>
      <summary className="inline-block rounded text-soft underline underline-offset-4 hover:text-text">
        Show as a table
      </summary>
      {open && (
        <table className="figures mt-2 w-full text-right">
          <caption className="sr-only">{label}</caption>
          <thead className="text-soft">
            <tr>
              <th scope="col" className="py-1 text-left font-medium">
                Time
              </th>
              {lines.map(({ name }) => (
                <th key={name} scope="col" className="py-1 pl-3 font-medium">
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map(({ at, index }) => (
              <tr key={at} className="border-t border-line">
                <th scope="row" className="py-1 text-left font-normal">
                  <Time passed at={new Date(at * 1000).toISOString()} />
                </th>
                {lines.map(({ name, values }) => (
                  <td key={name} className="py-1 pl-3">
                    {said(values[index], format)}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </details>
  )
}

const dataOf = ({ times, lines }: Pick<Plot, 'times' | 'lines'>): uPlot.AlignedData => [
  times,
  ...lines.map(({ values }) => values),
]

const darkQuery = window.matchMedia('(prefers-color-scheme: dark)')

/** Colours on a canvas don't follow the style sheet by themselves. */
function useScheme(): string {
  const [dark, setDark] = useState(darkQuery.matches)
  useEffect(() => {
    const look = () => setDark(darkQuery.matches)
    darkQuery.addEventListener('change', look)
    return () => darkQuery.removeEventListener('change', look)
  }, [])
  return dark ? 'dark' : 'light'
}
