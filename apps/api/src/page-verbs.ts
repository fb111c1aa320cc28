import { isId } from '@sparekey/db/id'
import { isSlug } from '@sparekey/reset/application-settings'
import { type Application, findApplication } from '@sparekey/reset/applications'
import { exchange, findOwner } from '@sparekey/reset/codes'
import { complete } from '@sparekey/reset/complete'
import type { Context as CoreContext } from '@sparekey/reset/context'
import { notFound, ResetError, unusable } from '@sparekey/reset/errors'
import { makeChallenge } from '@sparekey/reset/human-proof/altcha'
import { assertHuman } from '@sparekey/reset/human-proof/check'
import { isLogin } from '@sparekey/reset/login'
import { request } from '@sparekey/reset/request'
import { peek } from '@sparekey/reset/tokens'
import { callsPerMinute, type Limits } from './limits.ts'
import type { PageVerbs } from './pages/verbs.ts'
import { ApiError, toApiError } from './problem.ts'
import { factsOf } from './v1/deps.ts'

/** The core's verbs as the hosted pages ask for them, under the same limits by address as `/v1`. */
export function createPageVerbs(core: CoreContext, limits: Limits): PageVerbs {
  const find = async (slug: string) => {
    const application = isSlug(slug) ? await findApplication(core, { slug }) : undefined
    return application && isServed(application) ? application : null
  }

  return {
    findApplication: find,
    request: ({ application: { id }, login, locale, redirectUrl, proof, client }) =>
      guarded(async () => {
        const application = await findApplication(core, { id })
        if (!application) throw notFound('application')
        await limits.takeAddress(`address:${id}`, client.ip, application.limits.perAddressMinute)
        const facts = factsOf(client)
        await assertHuman(core, application, { proof, ip: facts.ip })
        return await request(core, {
          application,
          dialect: 'sparekey',
          login,
          locale,
          redirectUrl,
          client: facts,
        })
      }),
    challenge: (slug, client) =>
      guarded(async () => {
        await limits.takeAddress('challenge', client.ip, callsPerMinute)
        const application = await find(slug)
        if (!application) throw notFound('application')
        return await makeChallenge(core, application)
      }),
    exchange: ({ client, ...input }) =>
      guarded(async () => {
        await limits.takeAddress('exchange', client.ip, callsPerMinute)
        const known = 'requestId' in input ? isId('req', input.requestId) : isLogin(input.login)
        if (!known) throw unusable()
        const owner = await findOwner(core, input)
        if (owner && !isServed(owner)) throw unusable()
        return await exchange(core, input)
      }),
    peek: token =>
      guarded(async () => {
        const peeked = await peek(core, token)
        // No password of theirs is set here: better said before one is typed.
        if (!isServed(peeked.application)) throw unusable()
        return peeked
      }),
    complete: ({ client, ...input }) =>
      guarded(async () => {
        await limits.takeAddress('complete', client.ip, callsPerMinute)
        return await complete(core, { ...input, client: factsOf(client) })
      }),
  }
}

/** Whether the hosted pages ask for resets and set passwords: in the caller's own directory, its pages do. */
const isServed = ({ directory }: Pick<Application, 'directory'>) => directory !== 'caller'

/** The pages read a refusal's code; so an outage gets one, and a limit tells its seconds. */
async function guarded<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof ResetError) throw error
    const known = toApiError(error)
    if (known.code === 'unavailable') throw new ResetError('unavailable', known.message)
    if (error instanceof ApiError && error.code === 'rate_limited') {
      const retryAfter = Number(error.details.headers?.['Retry-After'] ?? 60)
      throw new ResetError('rate_limited', error.message, { retryAfter })
    }
    throw error
  }
}
