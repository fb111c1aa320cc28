/** One line of the results. */
export interface Figure {
  what: string
  unit: string
  /** One of each round. */
  values: number[]
  /** What was measured beside it, in the same rounds. */
  reference?: { what: string; values: number[] }
  goal?: Goal
  note?: string
}

export interface Goal {
  text: string
  holds(value: number, ratio: number | undefined): boolean
}

/** What a measure resolves to. */
export interface Figures {
  figures: Figure[]
  /** What is worth a sentence beside the table. */
  notes?: string[]
  /** Mails a second, for the chart. */
  bars?: { name: string; value: number }[]
}

export const atLeast = (least: number, unit: string): Goal => ({
  text: `≥ ${format(least)} ${unit}`.trim(),
  holds: value => value >= least,
})
export const atMost = (most: number, unit: string): Goal => ({
  text: `≤ ${format(most)} ${unit}`.trim(),
  holds: value => value <= most,
})
export const ratioAtLeast = (least: number, of: string, text = `≥ ${least} × ${of}`): Goal => ({
  text,
  holds: (_, ratio = 0) => ratio >= least,
})
export const ratioWithin = (least: number, most: number, text: string): Goal => ({
  text,
  holds: (_, ratio = 0) => ratio >= least && ratio <= most,
})

export function median(values: ArrayLike<number>): number {
  return quantile(values, 0.5)
}

/** The least value that at least this share of all do not exceed; the mean of the middle two for an even median. */
export function quantile(values: ArrayLike<number>, share: number): number {
  const sorted = Float64Array.from(values).sort()
  const last = sorted.length - 1
  if (last < 0) return Number.NaN
  if (share === 0.5 && sorted.length % 2 === 0)
    return ((sorted[sorted.length / 2 - 1] ?? 0) + (sorted[sorted.length / 2] ?? 0)) / 2
  return sorted[Math.min(last, Math.max(0, Math.ceil(share * sorted.length) - 1))] ?? Number.NaN
}

/** The ratio of the two medians. */
export function ratioOf({ values, reference }: Figure): number | undefined {
  return reference && median(values) / median(reference.values)
}

export function isMet(figure: Figure): boolean | undefined {
  return figure.goal?.holds(median(figure.values), ratioOf(figure))
}

/** Three digits, and thousands with commas. */
export function format(value: number): string {
  if (!Number.isFinite(value)) return '–'
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString('en')
  return String(Number(value.toPrecision(3)))
}
