import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { SMTPServer, type SMTPServerOptions } from 'smtp-server'
import { afterAll, afterEach, beforeAll, expect } from 'vitest'
import { freshDatabase } from '../../support/database.ts'
import { runSparekey } from '../../support/process.ts'
import { startRedis, type TestServer } from '../../support/servers.ts'

type Line = { name: string; state: string; says: string; mend?: string }

export const secret = randomBytes(32).toString('base64')
export const adminKey = `admin_${randomBytes(24).toString('base64url')}`
export const password = 'hush-hush:p@ss'
export const inUrl = encodeURIComponent(password)
const plainAuth = Buffer.from(`\0someone\0${password}`).toString('base64')

/** There is no internet where tests run: DNS is a small stand-in, which the process loads before anything else. */
const standIn = `
import { Resolver } from 'node:dns/promises'
const records = {
  'acme.example': [['v=spf1 include:', 'mail.example ~all'], ['other']],
  'key1._domainkey.acme.example': [['v=DKIM1; k=rsa; p=MIGf']],
  '_dmarc.acme.example': [['v=DMARC1; p=reject']],
  'shop.example': [['v=spf1 -all']],
  'key2._domainkey.shop.example': [['v=DKIM1; p=MIGf']],
  '_dmarc.shop.example': [['v=DMARC1; p=none']],
}
Resolver.prototype.resolveTxt = async name => {
  if (records[name]) return records[name]
  throw Object.assign(new Error('no data'), { code: 'ENODATA' })
}
`

/** What a file of tests about the doctor needs: a folder, a Redis, a certificate, and whatever a test opens closed after it. */
export function setUp() {
  let folder: string
  let redis: TestServer
  let certificate: { cert: string; key: string }
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sparekey-doctor-'))
    redis = await startRedis()
    await writeFile(join(folder, 'dns.mjs'), standIn)
    const at = (name: string) => join(folder, name)
    const wanted =
      'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30 -subj /CN=localhost'
    const names = ['-addext', 'subjectAltName=DNS:localhost', '-keyout', at('key'), '-out', at('cert')]
    execFileSync('openssl', [...wanted.split(' '), ...names], { stdio: 'ignore' })
    certificate = { cert: await readFile(at('cert'), 'utf8'), key: await readFile(at('key'), 'utf8') }
  })
  afterAll(async () => {
    await redis?.close()
    await rm(folder, { recursive: true, force: true })
  })

  const opened: (() => unknown)[] = []
  afterEach(async () => {
    for (const close of opened.splice(0).reverse()) await close()
  })

  /** Runs the doctor to its end. Whatever it is asked, no secret is in what it says. */
  async function run(args: string[], env: Record<string, string | undefined>) {
    const given = Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined)
    const running = runSparekey(['doctor', ...args], Object.fromEntries(given))
    opened.push(() => running.end('SIGKILL'))
    let stdout = ''
    running.child.stdout?.on('data', chunk => (stdout += chunk))
    await once(running.child, 'close')
    const code = await running.ended
    const secrets = [secret, adminKey, password, inUrl, plainAuth, Buffer.from(password).toString('base64')]
    for (const url of [env.DATABASE_URL, env.REDIS_URL])
      secrets.push(url ? (/:([^:@/]+)@/.exec(url)?.[1] ?? '') : '')
    for (const each of secrets.filter(Boolean)) expect(running.output()).not.toContain(each)
    return { code, stdout, output: running.output() }
  }

  async function examine(env: Record<string, string | undefined>, ...args: string[]) {
    const { code, stdout } = await run(['--json', ...args], env)
    const { ok, checks } = JSON.parse(stdout) as { ok: boolean; checks: Line[] }
    expect(ok).toBe(code === 0)
    expect(code).toBe(checks.some(({ state }) => state === 'fail') ? 1 : 0)
    const line = (name: string) => checks.find(check => check.name === name)
    const failed = checks.filter(({ state }) => state === 'fail').map(({ name }) => name)
    return { code, checks, line, failed }
  }

  async function mailServer(options: SMTPServerOptions = {}): Promise<{ port: number; mails: number }> {
    const seen = { port: 0, mails: 0 }
    const server = new SMTPServer({
      ...certificate,
      disableReverseLookup: true,
      logger: false,
      onAuth: ({ username, password: given }, _session, done) =>
        username === 'someone' && given === password
          ? done(null, { user: 'someone' })
          : done(Object.assign(new Error('5.7.8 Nobody by that name here'), { responseCode: 535 })),
      onMailFrom: (_address, _session, done) => {
        seen.mails++
        done()
      },
      ...options,
    })
    server.on('error', () => {})
    server.listen(0, '127.0.0.1')
    await once(server.server, 'listening')
    opened.push(() => new Promise<void>(resolve => server.close(() => resolve())))
    seen.port = (server.server.address() as AddressInfo).port
    return seen
  }

  /** What all is well with: a database and a mail server of one test's own. */
  async function wellEnvironment() {
    const database = await freshDatabase()
    opened.push(database.drop)
    const mail = await mailServer()
    const env: Record<string, string | undefined> = {
      DATABASE_URL: database.url,
      REDIS_URL: redis.url,
      SMTP_URL: `smtp://someone:${inUrl}@localhost:${mail.port}`,
      MAIL_FROM: 'Acme <no-reply@acme.example>',
      PUBLIC_URL: 'https://reset.acme.example',
      SPAREKEY_SECRET: secret,
      SPAREKEY_ADMIN_KEY: adminKey,
      NODE_EXTRA_CA_CERTS: join(folder, 'cert'),
      NODE_OPTIONS: `--import ${pathToFileURL(join(folder, 'dns.mjs'))}`,
    }
    return { env, mail, database }
  }

  function listen(port: number, talk: (line: string) => string | undefined) {
    const server = createServer(socket => {
      socket.on('error', () => {})
      const greeting = talk('')
      if (greeting) socket.write(`${greeting}\r\n`)
      socket.on('data', chunk => {
        for (const line of `${chunk}`.split('\r\n').filter(Boolean)) {
          const answer = talk(line)
          if (answer) socket.write(`${answer}\r\n`)
        }
      })
      opened.push(() => socket.destroy())
    })
    server.listen(port, '127.0.0.1')
    opened.push(() => server.close())
  }
  return {
    file: (name: string) => join(folder, name),
    redis: () => redis,
    opened,
    run,
    examine,
    mailServer,
    wellEnvironment,
    listen,
  }
}
