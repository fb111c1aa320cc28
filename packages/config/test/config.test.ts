import { randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { ConfigError, readConfig } from '../src/config.ts'

const secret = randomBytes(32).toString('base64')

test('an empty environment gives the documented defaults', () => {
  expect(readConfig({})).toMatchObject({
    databaseUrl: undefined,
    redisUrl: undefined,
    smtpUrls: [],
    mailFrom: { name: 'Sparekey', address: 'no-reply@localhost' },
    publicUrl: 'http://localhost:3000',
    port: 3000,
    host: '127.0.0.1',
    workerConcurrency: 50,
    workerPort: 3001,
    logLevel: 'info',
  })
})

test('empty variables count as unset', () => {
  expect(readConfig({ PORT: '', REDIS_URL: ' ' })).toMatchObject({ port: 3000, redisUrl: undefined })
})

test('links take the port where no public address is given', () => {
  expect(readConfig({ PORT: '4000' }).publicUrl).toBe('http://localhost:4000')
})

describe.each([
  ['PORT', ['0', '65536', 'x', '3000.5', '-1']],
  ['DATABASE_URL', ['mysql://a/b', 'nonsense']],
  ['REDIS_URL', ['http://a', 'redis://', 'redis://a,http://b']],
  ['SMTP_URL', ['mail.example.com', 'http://a', 'smtp://a,b']],
  ['MAIL_FROM', ['Acme', 'a@b@c', 'a@b,c@d']],
  ['PUBLIC_URL', ['example.com', 'https://example.com/path', 'ftp://example.com', 'https://a@example.com']],
  ['SPAREKEY_SECRET', ['short', randomBytes(31).toString('base64'), `${secret},x`]],
  ['SPAREKEY_ADMIN_KEY', ['short', `${'a'.repeat(24)} b`]],
  ['TRUST_PROXY', ['localhost', '10.0.0.0/33', '::1/129']],
  ['WORKER_CONCURRENCY', ['0', 'many']],
  ['LOG_LEVEL', ['loud']],
  ['BREACH_CHECK', ['yes']],
])('%s', (name, values) => {
  test.each(values)('that is wrong (%s) is named in one line that does not repeat it', value => {
    const read = () => readConfig({ [name]: value })
    expect(read).toThrow(ConfigError)
    try {
      read()
    } catch (error) {
      const { message } = error as Error
      expect(message).toMatch(new RegExp(`^${name} must be .*\\.$`))
      expect(message).not.toContain('\n')
    }
  })
})

test('with a database of its own the secret must be given', () => {
  expect(() => readConfig({ DATABASE_URL: 'postgres://a/b' })).toThrow(/^SPAREKEY_SECRET must be set/)
  expect(readConfig({ DATABASE_URL: 'postgres://a/b', SPAREKEY_SECRET: secret }).secrets).toHaveLength(1)
})

test('several secrets keep their order, and each has an id that is not the secret', () => {
  const other = randomBytes(32).toString('base64')
  const secrets = readConfig({ SPAREKEY_SECRET: `${secret},${other}` }).secrets ?? []
  expect(secrets.map(({ key }) => key.toString('base64'))).toEqual([secret, other])
  expect(new Set(secrets.map(({ id }) => id)).size).toBe(2)
  expect(secret).not.toContain(secrets[0]?.id)
})

test('a cluster, a sentinel and several mail servers are taken', () => {
  expect(readConfig({ REDIS_URL: 'redis://a:1,b:2,redis://c:3' }).redisUrl).toBe(
    'redis://a:1,b:2,redis://c:3',
  )
  expect(readConfig({ REDIS_URL: 'redis+sentinel://a:1,b:2/main' }).redisUrl).toBeDefined()
  expect(readConfig({ SMTP_URL: 'smtp://a, smtps://u:p@b:465' }).smtpUrls).toEqual([
    'smtp://a',
    'smtps://u:p@b:465',
  ])
})
