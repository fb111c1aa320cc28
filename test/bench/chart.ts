import { format } from './figure.ts'

const width = 720
const rowHeight = 44
const labelWidth = 170
const valueWidth = 90

/** Bars from long to short as an SVG, legible on a light and on a dark page. */
export function barChart(title: string, bars: { name: string; value: number }[]): string {
  const sorted = [...bars].sort((a, b) => b.value - a.value)
  const most = Math.max(...sorted.map(({ value }) => value), 1)
  const room = width - labelWidth - valueWidth
  const rows = sorted.map(({ name, value }, i) => {
    const y = 48 + i * rowHeight
    const length = Math.max(2, (room * value) / most).toFixed(1)
    const own = name === 'Sparekey'
    return `  <text class="word${own ? ' own' : ''}" x="${labelWidth - 12}" y="${y + 19}" text-anchor="end">${quote(name)}</text>
  <rect class="${own ? 'bar ours' : 'bar'}" x="${labelWidth}" y="${y}" width="${length}" height="28" rx="4"/>
  <text class="word${own ? ' own' : ''}" x="${labelWidth + Number(length) + 8}" y="${y + 19}">${format(value)}</text>`
  })
  const height = 56 + sorted.length * rowHeight
  const told = sorted.map(({ name, value }) => `${name} ${format(value)}`).join(', ')
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${quote(`${title}: ${told}`)}">
  <style>
    .word { font: 15px system-ui, -apple-system, "Segoe UI", sans-serif; fill: #57606a }
    .title, .own { font-weight: 600; fill: #1f2328 }
    .bar { fill: #8c959f }
    .ours { fill: #2563eb }
    @media (prefers-color-scheme: dark) {
      .word { fill: #9198a1 }
      .title, .own { fill: #f0f6fc }
      .bar { fill: #656c76 }
      .ours { fill: #60a5fa }
    }
  </style>
  <text class="word title" x="8" y="24">${quote(title)}</text>
${rows.join('\n')}
</svg>
`
}

const quote = (text: string) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
