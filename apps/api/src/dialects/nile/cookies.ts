import type { Context } from 'hono'
import { getCookie, setCookie } from 'hono/cookie'
import type { DialectCore } from '../core.ts'

const names = { csrf: 'nile.csrf-token', reset: 'nile.reset', session: 'nile.session-token' }
type Kind = keyof typeof names

/** The vendor's cookies: `<text>|<signature>`, url-encoded, under the vendor's names. */
export function createNileCookies(core: DialectCore) {
  /** What was sent under the name with and without its prefix, since an app may change between http and https. */
  const valuesOf = (c: Context, kind: Kind) => {
    const values = [getCookie(c, names[kind], 'secure'), getCookie(c, names[kind])]
    return values.flatMap(value => (value === undefined ? [] : [value]))
  }

  /** Nile's server SDK says where its browser is; the call itself goes from server to server. */
  function isSecure(c: Context): boolean {
    if (c.req.header('nile-secure-cookies') === 'true') return true
    const origin = c.req.header('nile-origin') ?? c.req.header('origin') ?? core.publicUrl
    return origin.startsWith('https:')
  }

  function write(c: Context, name: string, value: string, secure: boolean, maxAge?: number) {
    setCookie(c, name, value, {
      path: '/',
      httpOnly: true,
      sameSite: 'Lax',
      ...(secure ? { prefix: 'secure' } : {}),
      ...(maxAge === undefined ? {} : { maxAge }),
    })
  }

  return {
    /** Whether there is a cookie of this kind, by its form. */
    has: (c: Context, kind: Kind): boolean => valuesOf(c, kind).some(value => split(value)),

    /** The text of a cookie that we signed. */
    read(c: Context, kind: Kind): string | undefined {
      const parts = valuesOf(c, kind).flatMap(value => split(value) ?? [])
      return parts.find(({ text, signature }) => core.isSigned(kind, text, signature))?.text
    },

    /** Signs a text and sets it. Lives as long as the browser, unless `maxAge` (seconds) is given. */
    give(c: Context, kind: Kind, text: string, maxAge?: number): void {
      write(c, names[kind], `${text}|${core.sign(kind, text)}`, isSecure(c), maxAge)
    },

    /** Takes a cookie away under each name that it was sent under. */
    clear(c: Context, kind: Kind): void {
      if (getCookie(c, names[kind], 'secure') !== undefined) write(c, names[kind], '', true, 0)
      if (getCookie(c, names[kind]) !== undefined) write(c, names[kind], '', false, 0)
    },
  }
}

export type NileCookies = ReturnType<typeof createNileCookies>

function split(value: string): { text: string; signature: string } | undefined {
  const [, text, signature] = /^([^|]+)\|([^|]+)$/.exec(value) ?? []
  return text && signature ? { text, signature } : undefined
}
