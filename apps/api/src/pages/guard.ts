import { logoOf } from './brand.ts'
import type { PageApplication, WidgetKind } from './verbs.ts'

const cloudflare = 'https://challenges.cloudflare.com'
const hcaptcha = 'https://hcaptcha.com https://*.hcaptcha.com'

/** What each vendor says that a policy must open for its widget; ALTCHA's is served by ourselves. */
const opened: Record<WidgetKind, { script?: string; style?: string; connect?: string; frame?: string }> = {
  altcha: {},
  turnstile: { script: cloudflare, frame: cloudflare },
  hcaptcha: { script: hcaptcha, style: hcaptcha, connect: hcaptcha, frame: hcaptcha },
}

/**
 * What keeps the pages' visitors safe: the headers of every answer, and the check that a POST comes from one of
 * our own pages. `publicUrl` decides, never a request's Host.
 */
export function createGuard(publicUrl: string) {
  const { origin, protocol, hostname } = new URL(publicUrl)
  const https = protocol === 'https:'
  // Browsers send Sec-Fetch-Site only to origins they trust, and `Origin: null` from a page with no-referrer.
  // On plain http beyond this machine a form would thus arrive with neither; `same-origin` keeps its Origin
  // and still tells nobody else anything.
  const trustworthy = https || /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$|\.localhost$/.test(hostname)
  const common = {
    'Cache-Control': 'no-store',
    'Referrer-Policy': trustworthy ? 'no-referrer' : 'same-origin',
    'X-Content-Type-Options': 'nosniff',
    'X-Frame-Options': 'DENY',
    'Permissions-Policy':
      'camera=(), geolocation=(), microphone=(), payment=(), usb=(), display-capture=(), browsing-topics=()',
    'X-Robots-Tag': 'noindex',
    ...(https ? { 'Strict-Transport-Security': 'max-age=31536000' } : {}),
    ...(trustworthy ? { 'Cross-Origin-Opener-Policy': 'same-origin' } : {}),
  }

  return {
    /**
     * The security headers of one answer. Of other origins only the brand's logo may be loaded, and, in the form that
     * shows it, what the widget of this vendor needs.
     */
    headers(application?: PageApplication, widget?: WidgetKind): Record<string, string> {
      const logo = logoOf(application)
      const open = widget === undefined ? {} : opened[widget]
      const and = (sources = '') => (sources ? ` ${sources}` : '')
      return {
        ...common,
        'Content-Security-Policy': [
          "default-src 'none'",
          `script-src 'self'${and(open.script)}`,
          `style-src 'self'${and(open.style)}`,
          `img-src 'self'${logo ? ` ${logo.origin}` : ''}`,
          `connect-src 'self'${and(open.connect)}`,
          ...(open.frame ? [`frame-src ${open.frame}`] : []),
          "form-action 'self'",
          "frame-ancestors 'none'",
          "base-uri 'none'",
        ].join('; '),
      }
    },

    /** Whether a POST was sent by a page of our own origin (Fetch Metadata, and RFC 6454 Origin). */
    isOwn(header: (name: string) => string | undefined): boolean {
      const sender = header('origin')
      const site = header('sec-fetch-site')
      if (sender !== undefined && sender !== 'null')
        return sender === origin && (site ?? 'same-origin') === 'same-origin'
      return site === 'same-origin'
    },
  }
}
export type Guard = ReturnType<typeof createGuard>
