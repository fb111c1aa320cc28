import { randomBytes } from 'node:crypto'
import type { Run } from '@sparekey/db/statement'
import { deriveCode, deriveToken, digestCode, digestToken, SEED_BYTES } from '@sparekey/token/token'
import { type Context, newestSecret } from './context.ts'
import type { JobRequest } from './load.ts'
import type { Carried } from './redact.ts'

/** What a request keeps of its token and code. */
export interface TokenSecrets {
  secretId: string
  seed: Buffer
  tokenDigest: Buffer
  codeDigest: Buffer
  codeDigits: number
  codeLookup: Buffer | null
}

/** A new token and code: what is kept of them, and they themselves, for the mail alone. */
export interface NewSecrets {
  kept: TokenSecrets
  carried: Required<Carried>
}

/** Drawn for many at once: the system takes as long for one as for all of them. */
let seeds = Buffer.alloc(0)

function drawSeed(): Buffer {
  if (seeds.length === 0) seeds = randomBytes(64 * SEED_BYTES)
  const seed = seeds.subarray(0, SEED_BYTES)
  seeds = seeds.subarray(SEED_BYTES)
  return seed
}

const sameCode = `
  select from reset_requests where application_id = $1 and code_lookup = decode($2, 'hex')`

/**
 * A new token and code. A code that is mailed alone must be one that no other live request of the application has, or it
 * would open another's account: then the seed is drawn again.
 */
export async function makeSecrets(
  context: Pick<Context, 'secrets'>,
  run: Run,
  { id, applicationId, carries }: JobRequest,
  codeDigits: number,
): Promise<NewSecrets> {
  const secret = newestSecret(context)
  for (;;) {
    const seed = drawSeed()
    const code = deriveCode(secret.key, id, seed, codeDigits)
    const codeLookup = carries === 'code' ? digestCode(secret.key, applicationId, code) : null
    if (codeLookup && (await run(sameCode, [applicationId, codeLookup.toString('hex')])).length > 0) continue
    const token = deriveToken(secret.key, id, seed)
    const codeDigest = digestCode(secret.key, id, code)
    const kept = {
      secretId: secret.id,
      seed,
      tokenDigest: digestToken(token),
      codeDigest,
      codeDigits,
      codeLookup,
    }
    return { kept, carried: { token, code } }
  }
}
