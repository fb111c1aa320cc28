/** The colours of one brand's mails, each `#rrggbb`, fit for reading in light and in dark. */
export interface Look {
  /** The button, and the colour of what is written on it. */
  brand: string
  onBrand: string
  /** The button's edge: the brand's colour, or a grey where that would vanish on the page. */
  edge: string
  darkEdge: string
}

export const light = {
  page: '#f3f4f6',
  card: '#ffffff',
  text: '#1b1f24',
  soft: '#565d66',
  box: '#f3f4f6',
  line: '#d9dce1',
}
export const dark = {
  page: '#111316',
  card: '#1c1f24',
  text: '#f1f3f5',
  soft: '#b0b7c0',
  box: '#2a2e35',
  line: '#3a3f47',
}

const fallback = '#1f4fd8'

/** Stands for a brand's colours while MJML, which takes no blanks for colours, compiles a template. */
export const standIn: Look = { brand: '#fe01f1', onBrand: '#fe01f2', edge: '#fe01f3', darkEdge: '#fe01f4' }

/** Makes a brand's colour usable. Anything but `#rgb` or `#rrggbb` gives the default blue. */
export function lookOf(color: string): Look {
  const brand = normal(color) ?? fallback
  const onBrand = contrast(brand, '#ffffff') >= 4.5 ? '#ffffff' : '#000000'
  return {
    brand,
    onBrand,
    edge: contrast(brand, light.card) < 3 ? '#7d848e' : brand,
    darkEdge: contrast(brand, dark.card) < 3 ? '#8b939d' : brand,
  }
}

function normal(color: string): string | null {
  const text = color.trim().toLowerCase()
  if (/^#[0-9a-f]{6}$/.test(text)) return text
  return /^#[0-9a-f]{3}$/.test(text) ? `#${[...text.slice(1)].map(c => c + c).join('')}` : null
}

/** Contrast of two `#rrggbb` colours, 1 to 21 (WCAG 2.2, "contrast ratio"). */
export function contrast(one: string, other: string): number {
  const [high = 0, low = 0] = [luminance(one), luminance(other)].sort((a, b) => b - a)
  return (high + 0.05) / (low + 0.05)
}

function luminance(color: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map(at => {
    const part = Number.parseInt(color.slice(at, at + 2), 16) / 255
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * r + 0.7152 * g + 0.0722 * b
}
