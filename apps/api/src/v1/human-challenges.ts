import { z } from '@hono/zod-openapi'
import { makeChallenge } from '@sparekey/reset/human-proof/altcha'
import { type Api, addEndpoint } from '../endpoint.ts'
import { applicationOf, limitGuesses, type V1Deps } from './deps.ts'

const challengeSchema = z
  .object({
    parameters: z.object({
      algorithm: z.literal('SHA-256'),
      cost: z.int(),
      expiresAt: z.int().openapi({ description: 'Seconds since 1970' }),
      keyLength: z.int(),
      keyPrefix: z.string().openapi({ description: 'What the SHA-256 begins with, in hex' }),
      nonce: z.string(),
      salt: z.string(),
    }),
    signature: z.string(),
  })
  .openapi('HumanChallenge')

/** `/v1/human-challenges`: work for ALTCHA's widget on an application's own page. */
export function addHumanChallenges(api: Api, deps: V1Deps): void {
  addEndpoint(
    api,
    deps,
    {
      method: 'get',
      path: '/v1/human-challenges',
      id: 'getHumanChallenge',
      scopes: ['requests:write'],
      tag: 'Reset requests',
      summary: 'Get a challenge for ALTCHA',
      description:
        "Where the application's `humanProof` is `altcha`. Solve it with ALTCHA's widget or library (version 3 and 2, SHA-256) within ten minutes, and send the payload as `humanProof` of one request.",
      key: 'any',
      cors: true,
      errors: ['not_found'],
      answer: { status: 200, description: 'A challenge', schema: challengeSchema },
    },
    async ({ c, caller }) => c.json(await makeChallenge(deps.core, applicationOf(caller))),
    limitGuesses(deps, 'challenge'),
  )
}
