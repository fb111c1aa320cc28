import { type Figure, type Figures, format, isMet, median, ratioOf } from './figure.ts'

/** The cells of a figure's row: what, goal, median (least to most), reference, ratio, met. */
export function cellsOf(figure: Figure): string[] {
  const { what, unit, values, reference, goal, note } = figure
  const met = isMet(figure)
  const ratio = ratioOf(figure)
  return [
    note ? `${what} (${note})` : what,
    goal?.text ?? '',
    withSpread(values, unit),
    reference ? `${reference.what}: ${withSpread(reference.values, unit)}` : '',
    ratio === undefined ? '' : `${ratio.toFixed(2)}`,
    met === undefined ? '' : met ? 'met' : '**missed**',
  ]
}

function withSpread(values: number[], unit: string): string {
  const middle = `${format(median(values))} ${unit}`.replace(' /s', '/s')
  if (values.length < 2) return middle
  return `${middle} (${format(Math.min(...values))}–${format(Math.max(...values))})`
}

export const heading = ['what', 'goal', 'median (least–most)', 'beside it', 'ratio', '']

export function markdownTable(figures: Figure[]): string {
  const line = (cells: string[]) => `| ${cells.map(cell => cell.replaceAll('|', '\\|')).join(' | ')} |`
  return [line(heading), `|${heading.map(() => '---').join('|')}|`, ...figures.map(cellsOf).map(line)].join(
    '\n',
  )
}

/** The same for a terminal, with the notes below. */
export function terminalTable({ figures, notes = [] }: Figures): string {
  const rows = figures.map(cellsOf)
  const widths = heading.map((_, i) => Math.max(0, ...rows.map(row => row[i]?.length ?? 0)))
  const lines = rows.map(row =>
    row
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join('  ')
      .trimEnd(),
  )
  return [...lines, ...notes].join('\n')
}
