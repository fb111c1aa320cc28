import { pbkdf2, scrypt, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'
import { hash, verify } from '@node-rs/argon2'
import { compare } from 'bcryptjs'
import { argon2Parameters, parseHash, type StoredHash } from './format.ts'

const maxLength = 1024
/** Hashes under way at once; each may take 256 MiB. */
const places = 4

/**
 * The password's hash: argon2id in the PHC string format, of the NFC form (NIST SP 800-63B-4 3.1.1.2), nothing cut.
 * Throws TypeError over 1,024 characters; the policy refuses those earlier.
 */
export async function hashPassword(password: string): Promise<string> {
  if (password.length > maxLength) throw new TypeError('the password is too long to be hashed')
  return await inTurn(() => hash(password.normalize('NFC'), argon2Parameters))
}

/**
 * Whether it is the password of a stored hash, compared in constant time, and whether the hash should be made anew since
 * it is valid but not made as hashPassword makes it today. No hash (null, no such account) costs as much as a wrong
 * password and is never valid. Imported hashes may be of the text as it was typed, so that is tried beside its NFC form.
 * A password of more than 1,024 characters is never hashed and never valid.
 */
export async function verifyPassword(
  stored: string | null,
  password: string,
): Promise<{ valid: boolean; rehash: boolean }> {
  if (password.length > maxLength) return { valid: false, rehash: false }
  const parsed = stored === null ? undefined : parseHash(stored)
  const known = typeof parsed === 'object' ? parsed : undefined
  const text = known && stored !== null ? stored : await dummy()
  const as: StoredHash = known ?? { type: 'argon2', current: true }
  let valid = false
  for (const candidate of new Set([password.normalize('NFC'), password])) {
    valid = (await inTurn(() => matches(as, text, candidate))) || valid
    if (valid) break
  }
  valid &&= known !== undefined
  return { valid, rehash: valid && !(as.type === 'argon2' && as.current) }
}

/**
 * Null when a hash from elsewhere can be verified here at a bearable cost, else one line that says why not and holds
 * nothing of the hash.
 */
export function checkHash(text: string): string | null {
  const parsed = parseHash(text)
  return typeof parsed === 'string' ? parsed : null
}

async function matches(as: StoredHash, text: string, password: string): Promise<boolean> {
  if (as.type === 'argon2') return await verify(text, password)
  if (as.type === 'bcrypt') return await compare(password, text)
  if (as.type === 'pbkdf2') {
    const key = await promisify(pbkdf2)(password, as.salt, as.iterations, as.key.length, as.digest)
    return timingSafeEqual(key, as.key)
  }
  const key = await scryptKey(password, as)
  return timingSafeEqual(key, as.key)
}

async function scryptKey(
  password: string,
  { salt, key, cost, blockSize, parallelism }: Extract<StoredHash, { type: 'scrypt' }>,
): Promise<Buffer> {
  // OpenSSL counts its working buffers too, beside the 128·N·r that scrypt is known for.
  const maxmem = 128 * blockSize * (cost + parallelism + 2) + 1024 * 1024
  return await new Promise((resolve, reject) => {
    scrypt(
      password,
      salt,
      key.length,
      { cost, blockSize, parallelization: parallelism, maxmem },
      (error, made) => (error ? reject(error) : resolve(made)),
    )
  })
}

let dummyHash: Promise<string> | undefined
/** A hash like any other, of something that nobody knows. */
async function dummy(): Promise<string> {
  dummyHash ??= hash(crypto.randomUUID(), argon2Parameters)
  return await dummyHash
}

let busy = 0
const waiting: (() => void)[] = []

async function inTurn<T>(work: () => Promise<T>): Promise<T> {
  if (busy < places) busy++
  // The place is handed over, so `busy` stays as it is.
  else await new Promise<void>(resolve => waiting.push(resolve))
  try {
    return await work()
  } finally {
    const next = waiting.shift()
    if (next) next()
    else busy--
  }
}
