import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import type { SealedSecret } from '@sparekey/db/types'
import { makeSigningSecret } from '@sparekey/webhook/sign'
import { type Context, newestSecret, secretById } from '../context.ts'

type Keys = Pick<Context, 'secrets'>

/** A signing secret, sealed for the database: AES-256-GCM under the newest key, so that a stolen database signs nothing. */
export function seal(context: Keys, text: string): SealedSecret {
  const { id, key } = newestSecret(context)
  const nonce = randomBytes(12)
  const cipher = createCipheriv('aes-256-gcm', key, nonce)
  const sealed = Buffer.concat([nonce, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()])
  return { secretId: id, sealed: sealed.toString('base64') }
}

/** The signing secrets that count now, newest first. One whose key the operator has taken away is left out. */
export function unseal(context: Keys, secrets: readonly SealedSecret[], now: Date): string[] {
  return secrets.flatMap(({ secretId, sealed, until }) => {
    const key = secretById(context, secretId)?.key
    if (!key || (until !== undefined && new Date(until) <= now)) return []
    const bytes = Buffer.from(sealed, 'base64')
    const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, 12))
    decipher.setAuthTag(bytes.subarray(-16))
    return [decipher.update(bytes.subarray(12, -16), undefined, 'utf8') + decipher.final('utf8')]
  })
}

/** A fresh secret in front of the older ones, which go on for `overlapHours`. */
export function rotated(context: Keys, secrets: readonly SealedSecret[], overlapHours: number, now: Date) {
  const text = makeSigningSecret()
  const until = new Date(now.getTime() + overlapHours * 3_600_000).toISOString()
  const older = secrets
    .filter(secret => secret.until === undefined || new Date(secret.until) > now)
    .map(secret => ({ ...secret, until: secret.until ?? until }))
  return { text, secrets: [seal(context, text), ...older] }
}
