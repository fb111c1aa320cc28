import type { ReactNode } from 'react'

const sides = { left: 'text-left', right: 'text-right' }
/** What is left out where there is no room for it. */
const from = { always: '', tablet: 'hidden sm:table-cell', desktop: 'hidden lg:table-cell' }

interface CellProps {
  side?: keyof typeof sides
  shown?: keyof typeof from
  children?: ReactNode
}

export function Table({ caption, children }: { caption: string; children: ReactNode }) {
  return (
    <table className="w-full border-collapse text-[0.9375rem]">
      <caption className="sr-only">{caption}</caption>
      {children}
    </table>
  )
}

export function HeadCell({ side = 'left', shown = 'always', children }: CellProps) {
  return (
    <th
      scope="col"
      className={`border-b border-line px-2 pb-2 align-bottom text-sm font-medium text-soft first:pl-0 last:pr-0 ${sides[side]} ${from[shown]}`}
    >
      {children}
    </th>
  )
}

export function Cell({ side = 'left', shown = 'always', children }: CellProps) {
  return (
    <td
      className={`border-b border-line px-2 py-2.5 align-top group-last:border-0 first:pl-0 last:pr-0 ${side === 'right' ? 'figures' : ''} ${sides[side]} ${from[shown]}`}
    >
      {children}
    </td>
  )
}

export function RowHead({ children }: { children: ReactNode }) {
  return (
    <th
      scope="row"
      className="border-b border-line py-2.5 pr-2 text-left align-top font-normal wrap-anywhere group-last:border-0"
    >
      {children}
    </th>
  )
}
