import type { HumanProof } from '@sparekey/db/types'
import type { Context } from '../context.ts'
import { invalid } from '../errors.ts'
import { seal } from '../webhooks/secrets.ts'

/** The setting as it is asked for; a vendor's secret may be left out where the same vendor's is kept already. */
export type HumanProofInput =
  | { kind: 'altcha' }
  | { kind: 'turnstile' | 'hcaptcha'; siteKey: string; secret?: string | undefined }

/** The setting as it is kept: the vendor's secret sealed. Throws ResetError `invalid_request` where there is none. */
export function sealHumanProof(
  context: Pick<Context, 'secrets'>,
  input: HumanProofInput,
  before?: HumanProof | null,
): HumanProof {
  const { kind } = input
  if (kind === 'altcha') return { kind }
  const { siteKey, secret } = input
  if (secret !== undefined) return { kind, siteKey, secret: seal(context, secret) }
  if (before?.kind !== kind) throw invalid('humanProof.secret', 'is required')
  return { kind, siteKey, secret: before.secret }
}
