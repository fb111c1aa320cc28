import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { ConfigError, type DkimFile } from '@sparekey/config/config'
import type { DkimKey } from '@sparekey/mail/dkim'
import { codeOf } from './failure.ts'

const leastBits = 2048

/**
 * Reads the private keys that mails are signed with.
 * @throws ConfigError where a file cannot be read or holds no such key; it repeats neither the path nor what is inside.
 */
export function readDkimKeys(files: readonly DkimFile[]): Promise<DkimKey[]> {
  return Promise.all(
    files.map(async ({ selector, domain, path }) => {
      const refuse = (why: string) =>
        new ConfigError(
          `DKIM must name a private key for ${selector}@${domain}, RSA of at least ${leastBits} bits or Ed25519, in PEM without a passphrase: its file ${why}.`,
        )
      const pem = await readFile(path, 'utf8').catch(error => {
        throw refuse(`cannot be read (${codeOf(error) ?? 'unknown'})`)
      })
      const key = parsed(() => createPrivateKey(pem))
      if (!key) throw refuse(parsed(() => createPublicKey(pem)) ? 'holds a public key' : 'holds none')
      const kind = key.asymmetricKeyType
      const bits = key.asymmetricKeyDetails?.modulusLength ?? 0
      if (kind === 'rsa' && bits < leastBits) throw refuse(`holds an RSA key of ${bits} bits`)
      if (kind !== 'rsa' && kind !== 'ed25519') throw refuse(`holds a key of another kind (${kind})`)
      return { selector, domain, key }
    }),
  )
}

function parsed(parse: () => KeyObject): KeyObject | undefined {
  try {
    return parse()
  } catch {
    return undefined
  }
}
