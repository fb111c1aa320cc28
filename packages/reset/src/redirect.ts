import { webUrl } from '@sparekey/mail/value'
import { invalid } from './errors.ts'

/**
 * A redirect target as it will be used. It must be an absolute URL, have no user info, and have exactly an allowed
 * origin (OWASP Unvalidated Redirects). Parsed without a base, and refused before parsing where the parser would be
 * lenient: white space, control characters, back slashes, or anything but `scheme://host` in front.
 * Throws ResetError `invalid_request`.
 */
export function checkRedirect(text: string, allowedOrigins: readonly string[], path = 'redirectUrl'): string {
  const wrong = invalid(path, 'must be an absolute URL with one of the origins that the application allows')
  if (text.length > 2000 || !/^https?:\/\/[^/?#\\\s@%]+([/?#]|$)/.test(text) || /[\s\\\p{Cc}]/u.test(text))
    throw wrong
  if (!URL.canParse(text)) throw wrong
  const url = new URL(text)
  if (url.username || url.password || !allowedOrigins.includes(url.origin)) throw wrong
  return url.href
}

/** An origin as browsers send it: `https://app.example.com`. Throws ResetError `invalid_request`. */
export function checkOrigin(text: string, path: string): string {
  if (URL.canParse(text) && /^https?:\/\/[^/?#\\\s@%]+$/.test(text) && new URL(text).origin === text)
    return text
  throw invalid(path, 'must be an origin such as https://app.example.com, without a path')
}

/** The application's own page: http(s), with `{token}` in its fragment, which never reaches a server's log. */
export function checkResetUrl(text: string): string {
  const [page = '', fragment = ''] = text.split('#', 2)
  const fits = /^https?:\/\/[^/?#\\\s@%]+([/?]|$)/.test(page) && URL.canParse(page)
  if (fits && fragment.includes('{token}') && !page.includes('{token}') && isMailable(text)) return text
  throw invalid(
    'resetUrl',
    'must be an http(s) URL with {token} in its fragment, such as https://app.example.com/reset#{token}, and without quotes, braces and what else must be percent-encoded',
  )
}

/** Whether a mail can carry this link once `{token}` is filled in; it carries none that a reader might take apart. */
export const isMailable = (template: string): boolean => webUrl(template.replace('{token}', 'token')) !== null
