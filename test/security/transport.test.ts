import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SMTPServer, type SMTPServerOptions } from 'smtp-server'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { type Deployment, deploy } from '../support/deployment.ts'
import { type Call, type Sparekey, startSparekey, until } from '../support/sparekey.ts'

// Made for this run, as no key may lie in the repository.
const folder = mkdtempSync(join(tmpdir(), 'sparekey-tls-'))
const certificate = join(folder, 'certificate.pem')
let pair: { key: Buffer; cert: Buffer }
beforeAll(() => {
  const key = join(folder, 'key.pem')
  execFileSync(
    'openssl',
    [
      'req',
      '-x509',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-days',
      '2',
      '-subj',
      '/CN=localhost',
      '-addext',
      'subjectAltName=DNS:localhost',
      '-keyout',
      key,
      '-out',
      certificate,
    ],
    { stdio: 'ignore' },
  )
  pair = { key: readFileSync(key), cert: readFileSync(certificate) }
})

const opened: { close(): Promise<unknown> }[] = []
afterEach(async () => {
  for (const thing of opened.splice(0).reverse()) await thing.close()
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** A mail server that keeps what it is told after the greeting: whether by TLS, and to whom. */
async function startServer(options: SMTPServerOptions) {
  const seen: { secure: boolean; to: string }[] = []
  const server = new SMTPServer({
    authOptional: true,
    disableReverseLookup: true,
    logger: false,
    ...options,
    onRcptTo({ address }, session, done) {
      seen.push({ secure: session.secure, to: address })
      done()
    },
    onData(stream, _session, done) {
      stream.on('end', () => done()).resume()
    },
  })
  server.on('error', () => {})
  server.listen(0, '127.0.0.1')
  await once(server.server, 'listening')
  opened.push({ close: () => new Promise<void>(resolve => server.close(() => resolve())) })
  return { seen, port: (server.server.address() as AddressInfo).port }
}

const login = 'anna@example.com'
async function ask(call: Call, adminKey: string) {
  const { body: app } = await call('POST', '/v1/applications', { key: adminKey, body: { name: 'Acme' } })
  const key = app.keys.secret
  await call('POST', '/v1/accounts', { key, body: { login, email: login } })
  const { status, body } = await call('POST', '/v1/reset-requests', { key, body: { login } })
  expect(status).toBe(202)
  return async () => (await call('GET', `/v1/reset-requests/${body.id}`, { key })).body
}

/** What became of the first try by this mail server. */
async function firstTry(smtpUrl: string) {
  const sparekey: Sparekey = await startSparekey({ smtpUrls: [smtpUrl] })
  opened.push(sparekey)
  const request = await ask(sparekey.call, sparekey.adminKey)
  return await until('a try', async () => {
    const { status, mails } = await request()
    const attempt = mails[0]?.attempts[0]
    return attempt && { status, ...attempt }
  })
}

test.each<[string, SMTPServerOptions, string, RegExp]>([
  ['TLS from the first byte', { secure: true }, 'smtps://localhost', /certificate/i],
  ['STARTTLS that the server offers', {}, 'smtp://localhost', /certificate/i],
  ['STARTTLS that we insist on', {}, 'smtp://localhost', /certificate/i],
])(
  'no mail goes out where the certificate is signed by nobody we trust: %s',
  async (what, options, url, words) => {
    const { seen, port } = await startServer({ ...pair, ...options })
    const tried = await firstTry(`${url}:${port}${what.includes('insist') ? '?requireTLS=true' : ''}`)
    expect(tried.response).toMatch(words)
    expect(tried.status).toBe('sending')
    expect(seen).toEqual([])
  },
)

test('no mail goes out with requireTLS where the server, or somebody between, takes STARTTLS out; without it one does', async () => {
  const { seen, port } = await startServer({ hideSTARTTLS: true, disabledCommands: ['STARTTLS'] })
  const tried = await firstTry(`smtp://localhost:${port}?requireTLS=true`)
  expect(tried.code).not.toBe(250)
  expect(tried.status).toBe('sending')
  expect(seen).toEqual([])

  expect((await firstTry(`smtp://localhost:${port}`)).code).toBe(250)
  expect(seen).toEqual([{ secure: false, to: login }])
})

test('control: the same servers get the mail, by TLS, once their certificate is trusted; not under another name', async () => {
  const secure = await startServer({ ...pair, secure: true })
  const offering = await startServer({ ...pair })
  // Tried first, and left at once.
  const misnamed = `smtps://127.0.0.1:${secure.port}`
  for (const [url, server] of [
    [`smtps://localhost:${secure.port}`, secure],
    [`smtp://localhost:${offering.port}?requireTLS=true`, offering],
  ] as const) {
    const env = { SMTP_URL: `${misnamed},${url}`, NODE_EXTRA_CA_CERTS: certificate }
    const deployment: Deployment = await deploy({ env })
    opened.push(deployment)
    const request = await ask(deployment.call, deployment.adminKey)
    const [first, second] = await until('two tries', async () => {
      const { attempts } = (await request()).mails[0] ?? {}
      return attempts?.length === 2 ? attempts : undefined
    })
    expect(first.response).toMatch(/altnames|does not match/i)
    expect(second.code).toBe(250)
    expect(server.seen).toEqual([{ secure: true, to: login }])
  }
  expect(secure.seen).toHaveLength(1)
}, 120_000)
