const sameDay = new Intl.DateTimeFormat(undefined, { timeStyle: 'medium' })
const otherDay = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' })
const onlyDay = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium' })
const full = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' })
const forms = { full, day: onlyDay }

/** A moment in the viewer's own zone; UTC when pointed at. */
export function Time({ at, as }: { at: string; as?: keyof typeof forms }) {
  const date = new Date(at)
  const today = date.toDateString() === new Date().toDateString()
  const format = as ? forms[as] : today ? sameDay : otherDay
  return (
    <time
      dateTime={at}
      title={`${date.toISOString().replace('T', ' ').slice(0, 19)} UTC`}
      className="figures"
    >
      {format.format(date)}
    </time>
  )
}
