import type { Context as CoreContext } from '@sparekey/reset/context'
import { closeSession, openSession, useSession } from '@sparekey/reset/operator-sessions'
import type { Context } from 'hono'
import { deleteCookie, getCookie, setCookie } from 'hono/cookie'
import { boardApiPath } from './dashboard/board.ts'

/**
 * Operators' sessions in the browser. The cookie is `__Host-`, HttpOnly, Secure and SameSite=Strict (ASVS 5.0 3.3); on
 * plain http, where browsers would not take it so, it has neither prefix nor Secure.
 */
export function createSessions({ db }: Pick<CoreContext, 'db'>, adminKey: string, publicUrl: string) {
  const kept = { db, adminKey }
  const https = publicUrl.startsWith('https:')
  const name = https ? '__Host-sparekey' : 'sparekey'
  const attributes = { path: '/', httpOnly: true, sameSite: 'Strict', secure: https } as const
  const tokenOf = (c: Context) => getCookie(c, name)

  return {
    /**
     * Until when the caller's session lives; undefined: there is none. Calls of a page that nobody
     * touches do not prolong it, as the dashboard says of itself; nor do any of the queue board, which can't say it.
     */
    async read(c: Context): Promise<Date | undefined> {
      const token = tokenOf(c)
      const quiet =
        c.req.header('sparekey-idle') !== undefined ||
        c.req.path === '/v1/stream' ||
        c.req.path.startsWith(boardApiPath)
      return token === undefined ? undefined : await useSession(kept, token, { quiet })
    },

    /** A new session for whoever has shown the key; an older one of this browser ends. */
    async open(c: Context): Promise<Date> {
      const earlier = tokenOf(c)
      if (earlier !== undefined) await closeSession(kept, earlier)
      const { token, expiresAt } = await openSession(kept)
      setCookie(c, name, token, attributes)
      return expiresAt
    },

    /** Whether there was a session to end. */
    async close(c: Context): Promise<boolean> {
      const token = tokenOf(c)
      const ended = token !== undefined && (await closeSession(kept, token))
      deleteCookie(c, name, attributes)
      return ended
    },
  }
}

export type Sessions = ReturnType<typeof createSessions>
