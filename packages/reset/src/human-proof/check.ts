import { createHash } from 'node:crypto'
import type { Executor } from '@sparekey/db/db'
import { humanProofs } from '@sparekey/db/schema/reset-requests'
import { and, eq, lt, sql } from 'drizzle-orm'
import type { Application } from '../applications.ts'
import type { Context } from '../context.ts'
import { ResetError } from '../errors.ts'
import { isSolved, readPayload } from './altcha.ts'
import { isVouchedFor } from './siteverify.ts'

/** Longer than any proof is good for, whatever the clocks of the processes say. */
const rememberedHours = 2

export interface Shown {
  proof: string | undefined
  ip?: string | undefined
  /** The call's Idempotency-Key: a proof may come again with the one that it was taken with. */
  retryKey?: string | undefined
}

/**
 * Lets a call without a secret key through that brings what the application's `humanProof` asks for, once; looks at no
 * login, and writes nothing but that the proof is spent. Resolves where the application asks for nothing.
 * Throws ResetError `human_proof_required`: missing, wrong, too old, spent, another application's; `unavailable` where a
 * vendor could not be asked.
 */
export async function assertHuman(
  context: Context,
  application: Pick<Application, 'id' | 'humanProof'>,
  { proof, ip, retryKey }: Shown,
): Promise<void> {
  const { id, humanProof } = application
  if (!humanProof) return
  if (!proof) throw required('Send a proof that a person asks, as humanProof.')
  const payload = humanProof.kind === 'altcha' ? readPayload(proof) : undefined
  // The challenge and not its text: base64 and JSON have many spellings.
  const name = humanProof.kind === 'altcha' ? payload?.challenge.parameters.nonce : proof
  if (name === undefined) throw refused()
  const spent = {
    applicationId: id,
    digest: sha256(`${humanProof.kind} ${name}`),
    takenFor: retryKey === undefined ? null : sha256(retryKey),
  }
  if (await isRetry(context.db, spent)) return
  const good =
    humanProof.kind === 'altcha'
      ? payload !== undefined && (await isSolved(context, application, payload))
      : await isVouchedFor(context, id, humanProof, { proof, ip })
  if (!good) throw refused()
  const [taken] = await context.db
    .insert(humanProofs)
    .values({ ...spent, expiresAt: sql`now() + make_interval(hours => ${rememberedHours})` })
    .onConflictDoNothing()
    .returning({ digest: humanProofs.digest })
  if (!taken && !(await isRetry(context.db, spent))) throw refused()
}

/** Whether this proof was taken with the same Idempotency-Key. Throws `human_proof_required` where it was spent otherwise. */
async function isRetry(
  db: Executor,
  { applicationId, digest, takenFor }: { applicationId: string; digest: Buffer; takenFor: Buffer | null },
): Promise<boolean> {
  const [earlier] = await db
    .select({ takenFor: humanProofs.takenFor })
    .from(humanProofs)
    .where(and(eq(humanProofs.applicationId, applicationId), eq(humanProofs.digest, digest)))
  if (!earlier) return false
  if (takenFor && earlier.takenFor?.equals(takenFor)) return true
  throw refused()
}

/** Forgets proofs that are too old to be shown again. */
export async function purgeHumanProofs({ db }: { db: Pick<Executor, 'delete'> }): Promise<void> {
  await db.delete(humanProofs).where(lt(humanProofs.expiresAt, sql`now()`))
}

const sha256 = (text: string) => createHash('sha256').update(text).digest()
const required = (message: string) => new ResetError('human_proof_required', message)
const refused = () => required('This proof is wrong, too old, or was used before. Get a new one.')
