import type { Application } from '@sparekey/reset/applications'
import { invalid } from '@sparekey/reset/errors'
import { checkRedirect } from '@sparekey/reset/redirect'

interface Asked {
  email: string
  redirectUrl?: string | null | undefined
  callbackUrl?: string | null | undefined
}

/**
 * Where the mailed link leads, with `{token}` in it, and where the person goes from there. Undefined where nothing was
 * asked for. Throws ResetError `invalid_request` for an origin that is not allowed, and for too long a link.
 */
export function nileLinks(
  { email, redirectUrl, callbackUrl }: Asked,
  { redirectOrigins }: Application,
): { resetUrl: string; callbackUrl: string } | undefined {
  const page = redirectUrl
    ? checkRedirect(redirectUrl, redirectOrigins)
    : callbackUrl && checkRedirect(callbackUrl, redirectOrigins, 'callbackUrl')
  if (!page) return undefined
  const back = checkRedirect(absolute(callbackUrl || '/', page), redirectOrigins, 'callbackUrl')
  const url = new URL(page)
  // What the link itself says must not be said before it: a parameter's first value is the one that is read.
  for (const name of ['token', 'identifier', 'callbackUrl', 'callbackURL', 'redirect', 'json'])
    url.searchParams.delete(name)
  const own = url.searchParams.toString()
  const query = new URLSearchParams({ identifier: email, callbackUrl: back })
  // Put together by hand, since the place for the token must not be encoded; what else no mail's link may hold is.
  const encoded = url.pathname.replace(
    /["'<>^`{|}]/g,
    char => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  )
  const path = `${url.origin}${encoded}`
  const resetUrl = `${path}?${own ? `${own}&` : ''}token={token}&${query}`
  if (resetUrl.length > 2000) throw invalid('redirectUrl', 'makes, with callbackUrl, too long a link')
  return { resetUrl, callbackUrl: back }
}

/** Nile's browser client sends `/` where its caller says nothing. */
function absolute(url: string, base: string): string {
  return url.startsWith('/') && URL.canParse(url, base) ? new URL(url, base).href : url
}

/** A URL that tells the page behind it what went wrong. */
export function withError(text: string, error: string): string {
  const url = new URL(text)
  url.search = `${url.search ? `${url.search}&` : '?'}error=${encodeURIComponent(error)}`
  return url.href
}
