import type { PageApplication } from './verbs.ts'

/**
 * The two looks of page.css: the ground on which brand colours must stay readable (the worse one), the card on which
 * buttons lie, and how far these must stand out from it, so that a quiet button looks quieter. Links on dark ground
 * need more than WCAG AA not to look switched off.
 */
const light = { ground: 'f4f4f1', card: 'ffffff', towards: '000000', apart: 1.1, link: 4.6 }
const dark = { ground: '1d2024', card: '1d2024', towards: 'ffffff', apart: 2, link: 6.5 }
const neutral = '2f5d50'

/** The brand colour as six lower-case hex digits; a calm default where it is none. */
export function brandColor(application: PageApplication | undefined): string {
  const color = application?.brand.color.trim().replace(/^#/, '').toLowerCase() ?? ''
  if (/^[0-9a-f]{6}$/.test(color)) return color
  if (/^[0-9a-f]{3}$/.test(color)) return [...color].map(digit => digit + digit).join('')
  return neutral
}

/** The logo's address, only if it is https: nothing else may be loaded into a page that takes passwords. */
export function logoOf(application: PageApplication | undefined): URL | undefined {
  const url = application?.brand.logoUrl
  if (!url || !URL.canParse(url)) return undefined
  const logo = new URL(url)
  return logo.protocol === 'https:' && !logo.username && !logo.password ? logo : undefined
}

/**
 * The stylesheet of one brand colour. Text on it is black or white, whichever reads better (4.58:1 at worst);
 * links and edges are moved towards black or white until they reach WCAG AA on the page's own grounds.
 */
export function brandStylesheet(color: string): string {
  return `:root{${rules(color, light)}}@media (prefers-color-scheme:dark){:root{${rules(color, dark)}}}`
}

function rules(color: string, { ground, card, towards, apart, link }: typeof light): string {
  const fill = readable(color, card, towards, apart)
  const text = contrast(fill, 'ffffff') >= contrast(fill, '000000') ? 'ffffff' : '000000'
  const colors = {
    brand: fill,
    'brand-text': text,
    'brand-hover': mix(fill, text === 'ffffff' ? '000000' : 'ffffff', 0.12),
    'brand-link': readable(color, ground, towards, link),
    'brand-edge': readable(color, ground, towards, 3.1),
  }
  return Object.entries(colors)
    .map(([name, value]) => `--${name}:#${value}`)
    .join(';')
}

function readable(color: string, ground: string, towards: string, ratio: number): string {
  let share = 0
  let candidate = color
  while (contrast(candidate, ground) < ratio && share < 1) {
    share += 0.04
    candidate = mix(color, towards, Math.min(share, 1))
  }
  return candidate
}

const channels = (color: string) => [0, 2, 4].map(at => Number.parseInt(color.slice(at, at + 2), 16))

function mix(color: string, other: string, share: number): string {
  const target = channels(other)
  return channels(color)
    .map((value, i) => Math.round(value + ((target[i] ?? 0) - value) * share))
    .map(value => value.toString(16).padStart(2, '0'))
    .join('')
}

/** Contrast of two colours, 1 to 21 (WCAG 2.2, "contrast ratio"). */
export function contrast(a: string, b: string): number {
  const [light = 0, dark = 0] = [luminance(a), luminance(b)].sort((x, y) => y - x)
  return (light + 0.05) / (dark + 0.05)
}

function luminance(color: string): number {
  const [r = 0, g = 0, b = 0] = channels(color).map(value => {
    const share = value / 255
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * r + 0.7152 * g + 0.0722 * b
}
