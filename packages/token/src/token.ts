/**
 * Tokens and codes as pure functions. A token is derived, not stored: the same key, request and seed always
 * give the same token, so that a retried mail carries the same link and nothing readable lies anywhere.
 */
import { createHmac, hash, randomBytes, randomUUID, timingSafeEqual } from 'node:crypto'

/** Bytes of a seed: as many as the HMAC gives out, so that the seed adds the token's whole entropy. */
export const SEED_BYTES = 32

/**
 * The token of a request: 256 bits, base64url, 43 characters.
 * HMAC-SHA256 (RFC 2104) over `requestId ‖ 0 ‖ seed`; the purpose in front keeps tokens and codes apart.
 */
export function deriveToken(key: Buffer, requestId: string, seed: Buffer): string {
  return mac(key, 'token', requestId, seed, 'base64url')
}

/**
 * The code of a request: `digits` decimal digits, from the same seed. 64 bits modulo 10^digits: the bias is below 10^-10.
 */
export function deriveCode(key: Buffer, requestId: string, seed: Buffer, digits: number): string {
  if (!Number.isInteger(digits) || digits < 6 || digits > 10) throw new TypeError('a code has 6 to 10 digits')
  const number = BigInt(`0x${mac(key, 'code', requestId, seed).slice(0, 16)}`) % 10n ** BigInt(digits)
  return number.toString().padStart(digits, '0')
}

/** How a token is written: 256 bits in base64url, or the 122 random bits of a version 4 UUID (RFC 9562 section 5.4). */
export type TokenForm = 'base64url' | 'uuid'

/** A token that need not be made again: for whoever exchanged a code. */
export function randomToken(form: TokenForm = 'base64url'): string {
  return form === 'uuid' ? randomUUID() : randomBytes(32).toString('base64url')
}

/** What the database keeps of a token: SHA-256. Enough, since a token has 256 bits (ASVS 5.0 11.4.3 is for passwords). */
export function digestToken(token: string): Buffer {
  return Buffer.from(hash('sha256', token, 'hex'), 'hex')
}

/**
 * What the database keeps of a code: keyed, since 10^8 codes are tried in a second without the key. `scope` is the id
 * of the request, or of the application where a code must be found without knowing its request.
 */
export function digestCode(key: Buffer, scope: string, code: string): Buffer {
  return Buffer.from(mac(key, 'code digest', scope, Buffer.from(code)), 'hex')
}

/** Signs a text for one purpose: 64 hex digits. */
export function sign(key: Buffer, purpose: string, text: string): string {
  return mac(key, `signature ${purpose}`, '', Buffer.from(text))
}

/** Whether one of the keys signed a text for this purpose; compared in constant time. */
export function isSigned(keys: readonly Buffer[], purpose: string, text: string, signature: string): boolean {
  if (!/^[0-9a-f]{64}$/.test(signature)) return false
  const given = Buffer.from(signature, 'hex')
  return keys.some(key => timingSafeEqual(given, Buffer.from(sign(key, purpose, text), 'hex')))
}

/** Compares two digests in constant time. Throws TypeError if they are not digests of one kind. */
export function sameDigest(a: Buffer, b: Buffer): boolean {
  if (a.length !== 32 || b.length !== 32) throw new TypeError('digests have 32 bytes')
  return timingSafeEqual(a, b)
}

/** Whether a text can be a token at all: 43 characters of base64url (RFC 4648 section 5), or a UUID in lower case. */
export function isToken(text: string): boolean {
  return /^(?:[A-Za-z0-9_-]{43}|[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12})$/.test(
    text,
  )
}

/** As text, and so is a hash: given as a Buffer, which has memory of its own, it takes half as long again. */
function mac(
  key: Buffer,
  purpose: string,
  requestId: string,
  rest: Buffer,
  as: 'hex' | 'base64url' = 'hex',
): string {
  if (key.length !== 32) throw new TypeError('a key has 32 bytes')
  return createHmac('sha256', key).update(`sparekey ${purpose}\0${requestId}\0`).update(rest).digest(as)
}
