const whole = new Intl.NumberFormat('en')
const short = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 })
const percent = new Intl.NumberFormat('en', { style: 'percent', maximumFractionDigits: 1 })

export const formatCount = (count: number): string => whole.format(count)
export const formatShort = (count: number): string =>
  count < 100_000 ? whole.format(count) : short.format(count)
export const formatShare = (part: number, of: number): string => (of === 0 ? '–' : percent.format(part / of))
/** A rate in the unit that gives it a number to speak of. */
export function formatRate(perSecond: number): string {
  if (perSecond === 0) return 'none'
  const [number, unit] =
    perSecond >= 1
      ? [perSecond, 'a second']
      : perSecond * 60 >= 1
        ? [perSecond * 60, 'a minute']
        : [perSecond * 3600, 'an hour']
  return `${number.toFixed(number < 10 ? 1 : 0)} ${unit}`
}

/** Seconds as people say them: `180 ms`, `4.2 s`, `3 min`, `2 h 5 min`. */
export function formatSeconds(seconds: number | null): string {
  if (seconds === null) return '–'
  if (seconds < 1) return `${Math.round(seconds * 1000)} ms`
  if (seconds < 10) return `${seconds.toFixed(1)} s`
  if (seconds < 90) return `${Math.round(seconds)} s`
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`
  const hours = Math.floor(seconds / 3600)
  if (hours >= 48) return `${Math.floor(hours / 24)} days`
  const minutes = Math.round((seconds % 3600) / 60)
  return minutes === 0 ? `${hours} h` : `${hours} h ${minutes} min`
}
