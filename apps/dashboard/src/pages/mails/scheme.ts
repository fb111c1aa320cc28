export type Scheme = 'light' | 'dark'

const query = /@media\s*\(\s*prefers-color-scheme\s*:\s*(dark|light)\s*\)/gi
const declared = /(color-scheme"?\s*(?:content=|:)\s*"?)light dark/gi

/**
 * A mail's HTML as a reader with this look shows it. A frame asks the viewer's system, not us, so the mail's own
 * question is answered in its text. Its links lead nowhere: a sandboxed frame opens no window.
 */
export function inScheme(html: string, scheme: Scheme): string {
  const told = html
    .replace(query, (_, wanted) => (wanted.toLowerCase() === scheme ? '@media all' : '@media not all'))
    .replace(declared, `$1${scheme}`)
  return told.replace(/<head[^>]*>/i, head => `${head}<base target="_blank">`)
}
