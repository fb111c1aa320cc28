import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import type { DkimKey } from '@sparekey/mail/dkim'
import { describe, expect, test } from 'vitest'
import { runChecks } from '../../apps/cli/src/doctor/check.ts'
import { senderChecks } from '../../apps/cli/src/doctor/senders.ts'

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
const ed25519 = generateKeyPairSync('ed25519').privateKey
const publicOf = (key: KeyObject, type: 'spki' | 'pkcs1' = 'spki') =>
  createPublicKey(key).export({ type, format: 'der' }).toString('base64')
/** RFC 8463 section 4: the 32 bytes alone, which are the last of its SubjectPublicKeyInfo. */
const ed25519Public = Buffer.from(publicOf(ed25519), 'base64').subarray(-32).toString('base64')

describe("DNS of a sender's domain", () => {
  type Answers = Record<string, string[] | string>
  const ask = (
    answers: Answers,
    selectors: string[] = [],
    domain = 'mail.acme.example',
    dkimKeys: DkimKey[] = [],
  ) => {
    const resolver = {
      async resolveTxt(name: string) {
        const answer = answers[name] ?? 'ENODATA'
        if (Array.isArray(answer)) return answer.map(text => [text.slice(0, 5), text.slice(5)])
        if (answer === 'hang') return await new Promise<never>(() => {})
        throw Object.assign(new Error('dns'), { code: answer })
      },
    }
    return runChecks(senderChecks([domain], { resolver, selectors, dkimKeys }))
  }
  const states = (lines: { state: string }[]) => lines.map(({ state }) => state)
  const at = 'mail.acme.example'

  test('is well with one SPF record, a key, and a policy of a domain above', async () => {
    const answers = {
      [at]: ['v=spf1 -all'],
      [`a._domainkey.${at}`]: ['v=DKIM1; p=MIGf'],
      '_dmarc.acme.example': ['v=DMARC1; p=none'],
    }
    const lines = await ask(answers, ['gone', 'a'])
    expect(states(lines)).toEqual(['ok', 'ok', 'ok'])
    expect(lines[2]?.says).toBe('p=none at _dmarc.acme.example')
  })

  test.each<[string, string, Answers, string[], string]>([
    ['no record', 'SPF', {}, [], 'warn'],
    ['no such domain', 'SPF', { [at]: 'ENOTFOUND' }, [], 'warn'],
    ['two records', 'SPF', { [at]: ['v=spf1 -all', 'v=spf1 ~all'] }, [], 'fail'],
    ['a record for everybody', 'SPF', { [at]: ['v=spf1 +all'] }, [], 'warn'],
    ['no selector', 'DKIM', {}, [], 'warn'],
    ['no key', 'DKIM', {}, ['a'], 'fail'],
    ['a revoked key', 'DKIM', { [`a._domainkey.${at}`]: ['v=DKIM1; p='] }, ['a'], 'fail'],
    ['no record', 'DMARC', {}, [], 'warn'],
    ['two records', 'DMARC', { [`_dmarc.${at}`]: ['v=DMARC1; p=none', 'v=DMARC1; p=reject'] }, [], 'fail'],
    ['no policy', 'DMARC', { [`_dmarc.${at}`]: ['v=DMARC1; pct=10'] }, [], 'warn'],
  ])('%s for %s', async (_what, name, answers, selectors, state) => {
    const lines = await ask(answers, selectors)
    expect(lines.find(line => line.name === `${name} of ${at}`)?.state).toBe(state)
  })

  const own = (key: KeyObject) => [{ selector: 'b', domain: 'acme.example', key }]
  test.each<[string, KeyObject, string[], string]>([
    ['our RSA key', rsa, [`v=DKIM1; k=rsa; p=${publicOf(rsa)}`], 'ok'],
    ['our RSA key in its short form', rsa, [`p=${publicOf(rsa, 'pkcs1')}`], 'ok'],
    [
      'our RSA key with blanks',
      rsa,
      [`v=DKIM1;h=sha1:sha256; p=${publicOf(rsa).replace(/.{70}/g, '$& ')};`],
      'ok',
    ],
    ['our Ed25519 key', ed25519, [`v=DKIM1; k=ed25519; p=${ed25519Public}`], 'ok'],
    ['our key as a test', ed25519, [`v=DKIM1; k=ed25519; t=s:y; p=${ed25519Public}`], 'warn'],
    ['our key and something else', rsa, ['hello', `v=DKIM1; p=${publicOf(rsa)}`], 'ok'],
    ['an Ed25519 key in the form of RSA', ed25519, [`k=ed25519; p=${publicOf(ed25519)}`], 'fail'],
    ['our key under another kind', ed25519, [`v=DKIM1; p=${ed25519Public}`], 'fail'],
    [
      'another key',
      rsa,
      [`p=${publicOf(generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey)}`],
      'fail',
    ],
    ['a revoked key', rsa, ['v=DKIM1; p='], 'fail'],
    ['two keys', rsa, [`p=${publicOf(rsa)}`, 'p=MIGf'], 'fail'],
    ['another version', rsa, [`v=DKIM2; p=${publicOf(rsa)}`], 'fail'],
    ['SHA-1 alone', rsa, [`h=sha1; p=${publicOf(rsa)}`], 'fail'],
    ['another service', rsa, [`s=chat; p=${publicOf(rsa)}`], 'fail'],
    ['nothing', rsa, [], 'fail'],
  ])('with a key of our own: %s', async (_, key, texts, state) => {
    const lines = await ask({ 'b._domainkey.acme.example': texts }, [], at, own(key))
    const found = lines.filter(({ name }) => name.startsWith('DKIM'))
    expect(found).toMatchObject([{ name: `DKIM of ${at} by b`, state }])
    expect(JSON.stringify(found)).not.toContain(publicOf(key).slice(40, 60))
  })

  test('is looked up at both, where mails are signed here and elsewhere', async () => {
    const answers = {
      'b._domainkey.acme.example': [`p=${publicOf(rsa)}`],
      [`a._domainkey.${at}`]: ['p=MIGf'],
    }
    const lines = await ask(answers, ['a'], at, own(rsa))
    const found = lines.filter(({ name }) => name.startsWith('DKIM'))
    expect(found.map(({ name, state }) => `${state} ${name}`)).toEqual([
      `ok DKIM of ${at} by b`,
      `ok DKIM of ${at}`,
    ])
  })

  test('only warns where nobody can be asked, and waits no longer than it may', async () => {
    const names = [at, `a._domainkey.${at}`, `_dmarc.${at}`]
    for (const trouble of ['ECONNREFUSED', 'ETIMEOUT', 'ESERVFAIL', 'hang']) {
      const lines = await ask(Object.fromEntries(names.map(name => [name, trouble])), ['a'])
      expect(states(lines)).toEqual(['warn', 'warn', 'warn'])
      expect(lines[0]?.says).toMatch(/could not be looked up/)
    }
  })

  test('warns for a name that is none of the internet', async () => {
    expect(await ask({}, [], 'localhost')).toMatchObject([{ name: 'Sender localhost', state: 'warn' }])
  })
})
