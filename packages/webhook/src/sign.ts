import { randomBytes } from 'node:crypto'
import { Webhook } from 'standardwebhooks'

/** A new signing secret as its owner sees it: `whsec_` and 32 random bytes in base64 (Standard Webhooks). */
export function makeSigningSecret(): string {
  return `whsec_${randomBytes(32).toString('base64')}`
}

/**
 * The headers of one delivery by Standard Webhooks 1.0: id, timestamp, and a signature by each secret, so that a
 * receiver who knows either the old or the new one can verify while they rotate.
 */
export function signedHeaders(
  secrets: readonly string[],
  { id, at, body }: { id: string; at: Date; body: string },
): Record<string, string> {
  if (secrets.length === 0) throw new TypeError('a webhook needs a secret to sign with')
  return {
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
    'webhook-signature': secrets.map(secret => new Webhook(secret).sign(id, at, body)).join(' '),
  }
}
