import { utcTipId } from './utc-tip.tsx'

const sameDay = new Intl.DateTimeFormat(undefined, { timeStyle: 'medium' })
const otherDay = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' })
const onlyDay = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium' })
const full = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' })
const forms = { full, day: onlyDay }

interface Props {
  at: string
  as?: keyof typeof forms
  /** One of very many, or in a row with a link of its own: the keyboard does not stop at it. */
  passed?: boolean
}

/** A moment in the viewer's own zone; in UTC where it is pointed at, or the keyboard is at it (utc-tip.tsx). */
export function Time({ at, as, passed = false }: Props) {
  const date = new Date(at)
  const today = date.toDateString() === new Date().toDateString()
  const format = as ? forms[as] : today ? sameDay : otherDay
  return (
    <time
      dateTime={at}
      // There is more to read for whoever stops there.
      tabIndex={passed ? undefined : 0}
      aria-describedby={passed ? undefined : utcTipId}
      className="figures rounded-sm"
    >
      {format.format(date)}
    </time>
  )
}
