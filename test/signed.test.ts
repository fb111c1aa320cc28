import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { verifyDkim } from '../packages/mail/test/support/verify.ts'
import { deploy } from './support/deployment.ts'

const opened: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close()
})

test('a worker signs by the keys that DKIM names, and mails of another sender go out unsigned', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'sparekey-dkim-'))
  opened.push(() => rm(folder, { recursive: true, force: true }))
  const keys: Record<string, KeyObject> = {
    key1: generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey,
    key2: generateKeyPairSync('ed25519').privateKey,
  }
  const named: string[] = []
  for (const [selector, key] of Object.entries(keys)) {
    const path = join(folder, `${selector}.pem`)
    await writeFile(path, key.export({ type: 'pkcs8', format: 'pem' }))
    named.push(`${selector}@acme.example=${path}`)
  }
  const env = { MAIL_FROM: 'Acme <no-reply@news.acme.example>', DKIM: named.join() }
  const { call, adminKey, mailServer, close } = await deploy({ env })
  opened.push(close)

  async function mailOf(application: object, login: string) {
    const { body } = await call('POST', '/v1/applications', { key: adminKey, body: application })
    const key = body.keys.secret
    await call('POST', '/v1/accounts', { key, body: { login, email: login, name: 'Jörg Ödegård' } })
    await call('POST', '/v1/reset-requests', { key, body: { login } })
    await mailServer.mail(login)
    return mailServer.taken.at(-1) ?? ''
  }
  const verdicts = verifyDkim(await mailOf({ name: 'Ärzte' }, 'anna@example.com'), name => {
    const [selector = '', domain] = name.split('._domainkey.')
    expect(domain).toBe('acme.example')
    return createPublicKey(keys[selector] as KeyObject)
  })
  expect(verdicts).toMatchObject([
    { tags: { s: 'key1', a: 'rsa-sha256' }, bodyHolds: true, headersHold: true },
    { tags: { s: 'key2', a: 'ed25519-sha256' }, bodyHolds: true, headersHold: true },
  ])
  const other = await mailOf({ name: 'Shop', from: 'Shop <hello@shop.example>' }, 'bob@example.com')
  expect(other).toMatch(/^From: Shop/m)
  expect(other).not.toContain('DKIM-Signature')
}, 120_000)
