import { parseOptions } from '@node-rs/argon2'

type Digest = 'sha1' | 'sha256' | 'sha512'

/** A stored hash that we can verify, taken apart. */
export type StoredHash =
  | { type: 'argon2'; current: boolean }
  | { type: 'bcrypt' }
  | { type: 'scrypt'; cost: number; blockSize: number; parallelism: number; salt: Buffer; key: Buffer }
  | { type: 'pbkdf2'; digest: Digest; iterations: number; salt: Buffer; key: Buffer }

/** What new hashes are made with: argon2id, 19 MiB, 2 passes, 1 lane (OWASP Password Storage Cheat Sheet). */
export const argon2Parameters = { memoryCost: 19_456, timeCost: 2, parallelism: 1, outputLen: 32 }

// What one verification may cost at most, so that an imported hash cannot stand in the way of the others.
const maxMemory = 256 * 1024 * 1024
const maxArgon2Passes = 20
const maxParallelism = 16
const maxBcryptRounds = 15
/** Bytes that scrypt mixes over all its lanes. */
const maxScryptWork = 1024 * 1024 * 1024
const maxIterations = 5_000_000
const digestBytes = { sha1: 20, sha256: 32, sha512: 64 } as const

/**
 * Takes a stored hash apart, or says in one line why it cannot be verified here; the line holds nothing of the hash.
 * Known: argon2id and argon2i, bcrypt (2a, 2b, 2y), scrypt in the PHC string format, pbkdf2 as PHC, passlib and Django
 * write it.
 */
export function parseHash(text: string): StoredHash | string {
  if (text.length > 512) return 'must be at most 512 characters'
  if (text.startsWith('$argon2')) return parseArgon2(text)
  if (/^\$2[aby]\$/.test(text)) return parseBcrypt(text)
  if (text.startsWith('$scrypt$')) return parseScrypt(text)
  if (/^(\$pbkdf2[-$]|pbkdf2_)/.test(text)) return parsePbkdf2(text)
  return 'must be an argon2id, argon2i, bcrypt, scrypt or pbkdf2 hash'
}

function parseArgon2(text: string): StoredHash | string {
  const form =
    /^\$argon2(id|i)\$(?:v=(?:16|19)\$)?m=\d{1,10},t=\d{1,10},p=\d{1,3}\$[A-Za-z0-9+/]{11,}\$[A-Za-z0-9+/]{16,}$/
  const kind = form.exec(text)?.[1]
  if (!kind) return 'must be an argon2id or argon2i hash in PHC format'
  let options: ReturnType<typeof parseOptions>
  try {
    options = parseOptions(text)
  } catch {
    return 'must be an argon2id or argon2i hash in PHC format'
  }
  const { memoryCost, timeCost, parallelism, outputLen, saltLen } = options
  if (memoryCost * 1024 > maxMemory) return 'must not need more than 256 MiB'
  if (timeCost > maxArgon2Passes || parallelism > maxParallelism) return 'costs too much to verify'
  const want = argon2Parameters
  const current =
    kind === 'id' &&
    text.startsWith('$argon2id$v=19$') &&
    memoryCost === want.memoryCost &&
    timeCost === want.timeCost &&
    parallelism === want.parallelism &&
    outputLen === want.outputLen &&
    saltLen >= 16
  return { type: 'argon2', current }
}

function parseBcrypt(text: string): StoredHash | string {
  const rounds = /^\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53}$/.exec(text)?.[1]
  if (!rounds || Number(rounds) < 4) return 'must be a bcrypt hash of 60 characters'
  return Number(rounds) > maxBcryptRounds ? 'costs too much to verify' : { type: 'bcrypt' }
}

function parseScrypt(text: string): StoredHash | string {
  const form = /^\$scrypt\$ln=(\d{1,2}),r=(\d{1,4}),p=(\d{1,4})\$([^$]*)\$([^$]*)$/.exec(text)
  const salt = decode(form?.[4], 1)
  const key = decode(form?.[5], 16)
  const wrong = 'must be a scrypt hash in PHC format'
  if (!form || !salt || !key) return wrong
  const cost = 2 ** Number(form[1])
  const [blockSize, parallelism] = [Number(form[2]), Number(form[3])]
  if (cost < 2 || blockSize < 1 || parallelism < 1) return wrong
  const memory = 128 * cost * blockSize
  if (memory > maxMemory) return 'must not need more than 256 MiB'
  if (parallelism > maxParallelism || memory * parallelism > maxScryptWork) return 'costs too much to verify'
  return { type: 'scrypt', cost, blockSize, parallelism, salt, key }
}

function parsePbkdf2(text: string): StoredHash | string {
  const wrong = 'must be a pbkdf2 hash as PHC, passlib or Django write it'
  const digestOf = (name = 'sha1') => (/^(sha1|sha256|sha512)$/.test(name) ? (name as Digest) : undefined)
  let digest: Digest | undefined
  let iterations = 0
  let salt: Buffer | null = null
  let key: Buffer | null = null
  const django = /^pbkdf2_([a-z0-9]+)\$(\d{1,9})\$([^$]+)\$([^$]+)$/.exec(text)
  // passlib leaves the digest's name out for sha1.
  const phc =
    /^\$pbkdf2(?:-([a-z0-9]+))?\$(?:i=(\d{1,9})(?:,l=(\d{1,4}))?|(\d{1,9}))\$([^$]+)\$([^$]+)$/.exec(text)
  if (django) {
    digest = digestOf(django[1])
    iterations = Number(django[2])
    salt = Buffer.from(django[3] ?? '', 'utf8')
    key = decode(django[4], 16)
  } else if (phc) {
    digest = digestOf(phc[1])
    iterations = Number(phc[2] ?? phc[4])
    salt = decode(phc[5], 1)
    key = decode(phc[6], 16)
    if (phc[3] !== undefined && Number(phc[3]) !== key?.length) return wrong
  }
  if (!digest || iterations < 1 || !salt || !key) return wrong
  // Each block of a longer key costs all of them again.
  const blocks = Math.ceil(key.length / digestBytes[digest])
  if (iterations * blocks > maxIterations) return 'costs too much to verify'
  return { type: 'pbkdf2', digest, iterations, salt, key }
}

/** Base 64 with or without padding; passlib's ab64 writes `.` for `+`. Null under `least` bytes, over 128, or if it is none. */
function decode(text: string | undefined, least: number): Buffer | null {
  if (text === undefined || !/^[A-Za-z0-9+/.]+={0,2}$/.test(text)) return null
  const bytes = Buffer.from(text.replaceAll('.', '+'), 'base64')
  const bare = text.replace(/=+$/, '').length
  return bytes.length < least || bytes.length > 128 || bytes.length !== Math.floor((bare * 3) / 4)
    ? null
    : bytes
}
