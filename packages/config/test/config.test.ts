import { randomBytes } from 'node:crypto'
import { resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parseRedisUrl } from '../../queue/src/redis-url.ts'
import { ConfigError, type Environment, readConfig } from '../src/config.ts'

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
    workerConcurrency: 250,
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
  [
    'REDIS_URL',
    [
      'http://a',
      'redis://',
      'redis://a,http://b',
      'redis://a:b',
      'redis+sentinel://x',
      'rediss+sentinel://a:1,b:2/',
      'valkey+sentinel://a?db=1',
    ],
  ],
  ['SMTP_URL', ['mail.example.com', 'http://a', 'smtp://a,b']],
  ['MAIL_FROM', ['Acme', 'a@b@c', 'a@b,c@d']],
  [
    'DKIM',
    [
      'key.pem',
      'acme.example=key.pem',
      's@acme.example',
      's@acme.example=',
      's@localhost=key.pem',
      's_@acme.example=key.pem',
      's@acme..example=key.pem',
      's@acme.example=a.pem,',
      's@acme.example=a.pem,S@Acme.example=b.pem',
      's@acme.example=-----BEGIN PRIVATE KEY-----\nMC4CAQ\n-----END PRIVATE KEY-----',
    ],
  ],
  ['PUBLIC_URL', ['example.com', 'https://example.com/path', 'ftp://example.com', 'https://a@example.com']],
  ['SPAREKEY_SECRET', ['short', randomBytes(31).toString('base64'), `${secret},x`]],
  ['SPAREKEY_ADMIN_KEY', ['short', `${'a'.repeat(24)} b`]],
  ['TRUST_PROXY', ['localhost', '10.0.0.0/33', '::1/129']],
  ['WORKER_CONCURRENCY', ['0', 'many']],
  ['LOG_LEVEL', ['loud']],
  ['BREACH_CHECK', ['yes']],
  ['OTEL_TRACES_EXPORTER', ['zipkin', 'otlp,console']],
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
  // Of each kind that packages/queue reads.
  for (const REDIS_URL of [
    'redis://a:1,b:2,c',
    'rediss://anna:p%40ss@h.example:6380/3',
    'valkey://:word@[::1]:7',
    'valkeys://h',
    'redis+sentinel://a:1,b:2/main',
    'rediss+sentinel://u:p@a, b:2?name=main&db=4',
    'valkeys+sentinel://a/main?db=4&sentinelPassword=p',
  ]) {
    expect(readConfig({ REDIS_URL }).redisUrl).toBe(REDIS_URL)
    expect(() => parseRedisUrl(REDIS_URL)).not.toThrow()
  }
  expect(readConfig({ SMTP_URL: 'smtp://a, smtps://u:p@b:465' }).smtpUrls).toEqual([
    'smtp://a',
    'smtps://u:p@b:465',
  ])
})

test('files of DKIM keys are taken with their selectors, the paths as seen from here', () => {
  expect(readConfig({ DKIM: 'K1.eu@Acme.example=/run/a=b.pem, k2@acme.example=keys/b.pem' }).dkim).toEqual([
    { selector: 'k1.eu', domain: 'acme.example', path: '/run/a=b.pem' },
    { selector: 'k2', domain: 'acme.example', path: resolve('keys/b.pem') },
  ])
  expect(readConfig({}).dkim).toEqual([])
})

test.each([
  [undefined, {}],
  ['otlp', { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318' }],
  ['otlp', { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://collector:4318/v1/traces' }],
  ['otlp', { OTEL_TRACES_EXPORTER: 'otlp' }],
  ['console', { OTEL_TRACES_EXPORTER: 'Console', OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318' }],
  [undefined, { OTEL_TRACES_EXPORTER: ' none', OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318' }],
  [undefined, { OTEL_TRACES_EXPORTER: 'otlp', OTEL_SDK_DISABLED: 'TRUE' }],
])('traces go to %s with %j', (to, environment) => {
  expect(readConfig(environment as Environment).tracing).toBe(to)
})
