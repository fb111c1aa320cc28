import { generateKeyPairSync } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'

export interface DkimKey {
  selector: string
  domain: string
  /** A PEM file. */
  path: string
}

/** Makes an RSA-2048 key for the sender's domain. */
export async function makeDkimKey(folder: string): Promise<DkimKey> {
  const { privateKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  })
  const path = join(folder, 'dkim.pem')
  await writeFile(path, privateKey, { mode: 0o600 })
  return { selector: 'bench', domain: 'bench.example', path }
}
