import type { Application } from '@sparekey/reset/applications'
import type { Completed } from '@sparekey/reset/complete'
import { ResetError } from '@sparekey/reset/errors'
import { loginKey } from '@sparekey/reset/login'
import type { Context } from 'hono'
import type { DialectCore } from '../core.ts'
import type { NileCookies } from './cookies.ts'

const sessionSeconds = 15 * 60

/** By which cookies a browser proves to be a person's. */
export function createNileProof(core: DialectCore, cookies: NileCookies) {
  /** Whose a token of this login is, and how many seconds it still works. */
  async function opened(application: Application, token: string, login: string) {
    try {
      return await core.checkToken(application, token, login)
    } catch (error) {
      if (error instanceof ResetError && error.code === 'token_unusable') return undefined
      throw error
    }
  }

  async function signedInAs(c: Context, application: Application, email: string) {
    const [accountId = '', since, until] = cookies.read(c, 'session')?.split('.') ?? []
    if (Date.now() >= Number(until ?? 0)) return undefined
    const person = await core.findSession(application, accountId, new Date(Number(since)))
    const own = [person?.login, person?.email].map(text => text !== undefined && loginKey(text))
    return person && own.includes(loginKey(email))
      ? { login: person.login, recipientKey: accountId }
      : undefined
  }

  return {
    opened,

    /**
     * The person with this email, where the browser is signed in as them or has opened a link of theirs that still works.
     * Only their login may be asked for, and only they may be mailed: the email of one account can be another's login, and
     * a login can have become another's.
     */
    async personOf(
      c: Context,
      application: Application,
      email: string,
    ): Promise<{ login: string; recipientKey: string } | undefined> {
      const person = await signedInAs(c, application, email)
      if (person !== undefined) return person
      const token = cookies.read(c, 'reset')
      const held = token === undefined ? undefined : await opened(application, token, email)
      const isTheirs = held && (await core.accountIdOf(application, email)) === held.recipientKey
      return isTheirs ? { login: email, recipientKey: held.recipientKey } : undefined
    },

    /** A short session, which ends with the next change of the password. */
    signIn(c: Context, { id, sessionsValidAfter }: Completed['account']): void {
      const until = Date.now() + sessionSeconds * 1000
      cookies.give(c, 'session', `${id}.${sessionsValidAfter.getTime()}.${until}`, sessionSeconds)
    },
  }
}
