import { createHash } from 'node:crypto'
import type { Dialect, KeyKind } from '@sparekey/db/types'
import { type Application, findTenant } from '@sparekey/reset/applications'
import { exchangeAlone } from '@sparekey/reset/codes'
import { type Completed, complete } from '@sparekey/reset/complete'
import type { Context as CoreContext } from '@sparekey/reset/context'
import { unusable } from '@sparekey/reset/errors'
import { accountIdOf } from '@sparekey/reset/find-account'
import { digestOf } from '@sparekey/reset/keys'
import { type RequestInput, request } from '@sparekey/reset/request'
import { requestLink } from '@sparekey/reset/request-link'
import { findSession } from '@sparekey/reset/sessions'
import { isSignedText, signText } from '@sparekey/reset/signing'
import { checkToken, peek } from '@sparekey/reset/tokens'
import type { Context } from 'hono'
import type { AuthDeps } from '../auth.ts'
import type { Client } from '../client.ts'
import type { Env } from '../endpoint.ts'
import { callsPerMinute, type Limits } from '../limits.ts'
import { ApiError } from '../problem.ts'
import { factsOf } from '../v1/deps.ts'

export interface DialectDeps {
  core: CoreContext
  credentials: AuthDeps['credentials']
  limits: Limits
  clientOf(c: Context): Client
  onRefused(c: Context): Promise<void>
  publicUrl: string
  explain(error: unknown, c: Context): ApiError
}

/** A vendor's client asks for resets and uses tokens up; a key narrowed to less does not speak for it. */
const dialectScopes = ['requests:write', 'tokens:redeem'] as const

/** In a minute: nobody thinks of so many passwords. */
const callsPerToken = 20

/** What a dialect asks for; whose application, which client and which dialect it is are known already. */
type Ask = Omit<RequestInput, 'application' | 'dialect' | 'client' | 'recipient' | 'idempotency'>

/**
 * The core as one dialect sees it: its applications, and the core's verbs under the limits of `/v1`. Verbs throw
 * ApiError and ResetError as they do there; a dialect's `onError` gives them the vendor's shape.
 */
export function createDialectCore(name: Dialect, deps: DialectDeps) {
  const { core, credentials, limits, clientOf } = deps

  // A caller's directory has accounts that we do not know, so no vendor's client could name one.
  const speaks = ({ dialects, directory }: Omit<Application, 'aliases'>) =>
    directory === 'builtin' && dialects.some(dialect => dialect === name)

  // No vendor's client brings a proof that a person asks: where one is needed, only servers speak the dialect.
  const proves = (application: Application, kind?: KeyKind) => kind === 'secret' || !application.humanProof

  return {
    name,
    publicUrl: deps.publicUrl,

    /**
     * The application whose key this is. Throws ApiError `unauthenticated`, also where the application does not speak
     * the dialect, and for a secret key that comes from a browser.
     */
    async byKey(c: Context<Env>, key: string | undefined): Promise<Application> {
      const refused = new ApiError('unauthenticated', 'The API key is missing, unknown or revoked.')
      if (!key) throw refused
      const caller = await credentials.find(digestOf(key))
      const origin = c.req.header('origin')
      const allowed =
        origin === undefined ||
        (caller?.kind === 'publishable' && caller.application.redirectOrigins.includes(origin))
      if (!caller || !speaks(caller.application) || !allowed || !proves(caller.application, caller.kind)) {
        await deps.onRefused(c)
        throw refused
      }
      const { application, keyId, kind, scopes } = caller
      if (scopes && !dialectScopes.every(scope => scopes.includes(scope))) throw refused
      // A secret key's calls all come from the application's own servers. All who hold a publishable one share its limit,
      // of which calls that an address has too many must use up none.
      if (kind === 'publishable') await countAddress(c, application)
      await limits.take('key', keyId, application.limits.perKeyMinute)
      return application
    },

    /** The application that goes by this id, slug or alias; where none is named, the one with the alias `*`. */
    async byTenant(c: Context<Env>, tenant: string | undefined): Promise<Application | undefined> {
      // Postgres takes no text with a NUL in it.
      if (tenant === '*' || (tenant?.length ?? 0) > 200 || tenant?.includes('\0')) return undefined
      const application = await findTenant(core, tenant ?? '*')
      if (!application || !speaks(application) || !proves(application)) {
        await deps.onRefused(c)
        return undefined
      }
      await countAddress(c, application)
      return application
    },

    /** The application of a token that works, where the token is all that a call brings. Throws `token_unusable`. */
    async byToken(c: Context<Env>, token: string): Promise<Application> {
      const found = await peek(core, token).catch(async error => {
        // Good tokens come from the application's own server, and as many as there are.
        await limits.takeAddress('refused-token', clientOf(c).ip, callsPerMinute)
        throw error
      })
      // Each refused password costs a look at it, and uses nothing up.
      await limits.take('token', createHash('sha256').update(token).digest('hex'), callsPerToken)
      const { application } = found
      if (!speaks(application)) throw unusable()
      return { ...application, aliases: [] }
    },

    /** As `POST /v1/reset-requests`: the same for a login that nobody has. */
    async request(c: Context<Env>, application: Application, ask: Ask): Promise<void> {
      const { id } = await request(core, { ...ask, application, dialect: name, client: factsOf(clientOf(c)) })
      c.set('target', id)
    },

    /** The link of a mail that goes out at the same time; only for whoever has proved to be the person. */
    async requestLink(
      c: Context<Env>,
      application: Application,
      ask: Ask & { resetUrl: string; recipientKey: string },
    ): Promise<string | undefined> {
      const client = factsOf(clientOf(c))
      return (await requestLink(core, { ...ask, application, dialect: name, client }))?.link
    },

    /** A token, as a UUID, for a code that comes without a login. */
    async exchange(application: Application, code: string): Promise<string> {
      return (await exchangeAlone(core, { application, code, form: 'uuid' })).token
    },

    /** Sets the new password and uses the token up. The call comes from a server, whose address tells the person nothing. */
    complete: (
      application: Application,
      { token, password }: { token: string; password: string },
    ): Promise<Completed> => complete(core, { token, password, client: {}, applicationId: application.id }),

    /** Looks at the token of this login and changes nothing. */
    checkToken: (application: Application, token: string, login: string) =>
      checkToken(core, { token, login, applicationId: application.id }),

    /** Whose session it is that began at `since`, if it still stands. */
    findSession: (application: Application, accountId: string, since: Date) =>
      findSession(core, { applicationId: application.id, accountId, since }),

    accountIdOf: (application: Application, login: string) => accountIdOf(core, application.id, login),

    /** Signs a text for one purpose of this dialect: 64 hex digits. */
    sign: (purpose: string, text: string) => signText(core, `${name} ${purpose}`, text),

    /** Whether `sign` made this signature; compared in constant time. */
    isSigned: (purpose: string, text: string, signature: string) =>
      isSignedText(core, `${name} ${purpose}`, text, signature),

    /** What may be said about an error; logs what is our own fault. */
    explain: deps.explain,
  }

  async function countAddress(c: Context, { id, limits: { perAddressMinute } }: Application) {
    await limits.takeAddress(`address:${id}`, clientOf(c).ip, perAddressMinute)
  }
}

export type DialectCore = ReturnType<typeof createDialectCore>
