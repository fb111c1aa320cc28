import { createPublicKey, generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import { freePort } from '../support/port.ts'
import { runSparekey } from '../support/process.ts'
import { setUp } from './support/doctor.ts'

const { examine, file, opened, wellEnvironment } = setUp()

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
const ed25519 = generateKeyPairSync('ed25519').privateKey

describe('keys for DKIM', () => {
  const pem = (key: KeyObject) => key.export({ type: 'pkcs8', format: 'pem' }) as string
  const lines = (text: string) => text.split('\n').filter(line => line && !line.startsWith('-'))

  test.each<[string, string | undefined, RegExp]>([
    ['that is not there', undefined, /cannot be read \(ENOENT\)/],
    ['with nothing in it', 'nothing', /holds none/],
    [
      'with a public key',
      createPublicKey(rsa).export({ type: 'spki', format: 'pem' }) as string,
      /public key/,
    ],
    [
      'with a short RSA key',
      pem(generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey),
      /holds an RSA key of 1024 bits/,
    ],
    [
      'with a key of another kind',
      pem(generateKeyPairSync('ec', { namedCurve: 'prime256v1' }).privateKey),
      /another kind \(ec\)/,
    ],
    [
      'with a passphrase',
      rsa.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' }) as string,
      /without a passphrase: its file holds none/,
    ],
  ])('a file %s fails here and stops a worker, in one line with nothing of it', async (_, text, why) => {
    const { env } = await wellEnvironment()
    const path = file(`${randomBytes(6).toString('hex')}.pem`)
    if (text !== undefined) await writeFile(path, text)
    const DKIM = `key1@acme.example=${path}`
    const { failed, line } = await examine({ ...env, DKIM })
    expect(failed).toEqual(['DKIM keys'])
    expect(line('DKIM keys')?.says).toMatch(/^DKIM must name a private key for key1@acme\.example, RSA of /)
    expect(line('DKIM keys')?.says).toMatch(why)

    const given = Object.entries({ ...env, DKIM, WORKER_PORT: `${await freePort()}` })
    const worker = runSparekey(['worker'], Object.fromEntries(given) as Record<string, string>)
    opened.push(() => worker.end('SIGKILL'))
    expect(await worker.ended).toBe(1)
    expect(worker.output().trim().split('\n')).toEqual([line('DKIM keys')?.says])
    for (const each of text ? lines(text) : []) expect(worker.output()).not.toContain(each)
    expect(worker.output()).not.toContain(path)
  })

  test('are looked up without being asked, each by its selector', async () => {
    const { env } = await wellEnvironment()
    const [one, two] = [file('one.pem'), file('two.pem')]
    await writeFile(one, pem(rsa))
    await writeFile(two, pem(ed25519))
    const { line, failed } = await examine({
      ...env,
      DKIM: `key1@acme.example=${one},key9@acme.example=${two}`,
    })
    expect(line('DKIM keys')).toMatchObject({ state: 'ok', says: '2 can be read' })
    expect(failed).toEqual(['DKIM of acme.example by key1', 'DKIM of acme.example by key9'])
    expect(line('DKIM of acme.example by key1')?.says).toMatch(/^another key than ours at key1\./)
    expect(line('DKIM of acme.example by key9')?.says).toMatch(/^no key at key9\._domainkey\.acme\.example/)
  })
})
