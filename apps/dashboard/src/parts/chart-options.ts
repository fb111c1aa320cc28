import type uPlot from 'uplot'

export interface Line {
  name: string
  /** A property of the style sheet, such as `--chart-sent`. */
  color: string
  dash?: number[]
  fill?: boolean
  values: (number | null)[]
}

export interface Plot {
  /** What it shows, for those who can't see it. */
  label: string
  /** Seconds since 1970. */
  times: number[]
  lines: Line[]
  format(value: number): string
  height?: number
  /** Seconds that are shown, up to the last moment; without it, from the first moment on. */
  span?: number
}

const font = '12px system-ui, -apple-system, "Segoe UI", Roboto, sans-serif'
const axisWidth = 56
/** More points than this would touch each other. */
const mostPoints = 30

export function plotOptions(
  { lines, format, height = 220, span }: Plot,
  width: number,
  onPoint: (index: number | null) => void,
): uPlot.Options {
  const style = getComputedStyle(document.documentElement)
  const color = (name: string) => style.getPropertyValue(name).trim()
  const axis = { stroke: color('--soft'), font, ticks: { show: false } }
  const grid = { stroke: color('--line'), width: 1 }
  return {
    width,
    height,
    legend: { show: false },
    // Half of the last mark's words stand beyond the last point.
    padding: [10, 44, 0, 0],
    cursor: { drag: { x: false, y: false }, y: false, points: { size: 8 } },
    scales: {
      ...(span ? { x: { range: (_, first, last) => [(last ?? first) - span, last ?? first] } } : {}),
      y: { range: (_, __, most) => [0, highest(most)] },
    },
    axes: [
      {
        ...axis,
        grid: { show: false },
        size: 32,
        space: 70,
        incrs: (chart: uPlot) => stepsOf(chart.data[0]),
        values: (_, splits, __, ___, step) => splits.map(at => clock(at, step)),
      },
      { ...axis, grid, size: axisWidth, space: 36, values: (_, splits) => splits.map(format) },
    ],
    series: [
      {},
      ...lines.map(({ name, color: property, dash, fill }) => ({
        label: name,
        stroke: color(property),
        width: 2,
        points: { show: (chart: uPlot) => (chart.data[0]?.length ?? 0) <= (span ? 1 : mostPoints), size: 5 },
        ...(dash ? { dash } : {}),
        ...(fill ? { fill: `color-mix(in srgb, ${color(property)} 10%, transparent)` } : {}),
      })),
    ],
    hooks: { setCursor: [chart => onPoint(chart.cursor.idx ?? null)] },
  }
}

const steps = [
  1, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400, 172_800,
]

/** Between the marks of the time axis: never finer than the figures are. */
function stepsOf([first = 0, second = 0]: ArrayLike<number> & Iterable<number>): number[] {
  return steps.filter(step => step >= Math.min(second - first, 60))
}

/** Room above the highest point, and a scale even where all is zero. */
function highest(most: number | null): number {
  if (most === null || most <= 0) return 4
  return most < 4 && Number.isInteger(most) ? 4 : most * 1.1
}

const clockForms = {
  day: new Intl.DateTimeFormat(undefined, { weekday: 'short', day: 'numeric' }),
  minute: new Intl.DateTimeFormat(undefined, { timeStyle: 'short' }),
  second: new Intl.DateTimeFormat(undefined, { timeStyle: 'medium' }),
}

function clock(at: number, step: number): string {
  const form = step >= 86_400 ? clockForms.day : step >= 60 ? clockForms.minute : clockForms.second
  return form.format(at * 1000)
}
