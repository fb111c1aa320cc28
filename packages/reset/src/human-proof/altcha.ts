/**
 * Proof of work by ALTCHA's format, version 2: the caller looks for the counter whose SHA-256 begins as the challenge says.
 * A challenge is signed and kept nowhere; it is made for one application and works for ten minutes.
 */
import { type Challenge, createChallenge, type Payload, randomInt, verifySolution } from 'altcha-lib'
import { deriveKey } from 'altcha-lib/algorithms/sha'
import type { Application } from '../applications.ts'
import type { Context } from '../context.ts'
import { notFound } from '../errors.ts'
import { purposeKeys } from '../signing.ts'

const lifeMs = 600_000
/** Half a second of a notebook, a few of an old telephone. */
const work = { least: 40_000, most: 80_000 }

type Owner = Pick<Application, 'id' | 'humanProof'>

const keysOf = (context: Context, { id }: Owner) => purposeKeys(context, 'human challenge', id)

/** A new challenge of this application. Throws ResetError `not_found` where it asks for none. */
export async function makeChallenge(context: Context, application: Owner): Promise<Challenge> {
  const [key] = keysOf(context, application)
  if (application.humanProof?.kind !== 'altcha' || !key) throw notFound('challenge')
  return await createChallenge({
    algorithm: 'SHA-256',
    cost: 1,
    counter: randomInt(work.most, work.least),
    deriveKey,
    expiresAt: new Date(Date.now() + lifeMs),
    hmacSignatureSecret: key,
  })
}

/** A payload that names its challenge: base64 of `{challenge, solution}`. Undefined for any other text. */
export function readPayload(text: string): Payload | undefined {
  try {
    const { challenge, solution } = JSON.parse(Buffer.from(text, 'base64').toString('utf8'))
    const { nonce, salt, expiresAt, keyPrefix } = challenge.parameters
    const texts = [nonce, salt, keyPrefix, challenge.signature].every(each => typeof each === 'string')
    if (!texts || typeof expiresAt !== 'number' || typeof solution !== 'object') return undefined
    return { challenge, solution }
  } catch {
    return undefined
  }
}

/** Whether we made this challenge for this application, it is not too old, and it was solved. */
export async function isSolved(
  context: Context,
  application: Owner,
  { challenge, solution }: Payload,
): Promise<boolean> {
  for (const hmacSignatureSecret of keysOf(context, application)) {
    const look = verifySolution({ challenge, solution, deriveKey, hmacSignatureSecret })
    // It throws for parameters that no challenge of ours has.
    if ((await look.catch(() => undefined))?.verified) return true
  }
  return false
}
