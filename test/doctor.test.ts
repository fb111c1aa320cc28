import { execFileSync } from 'node:child_process'
import { createPublicKey, generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { secrets as parseSecrets } from '@sparekey/config/parse'
import { openDb } from '@sparekey/db/db'
import { openEmbeddedPostgres } from '@sparekey/embedded/postgres'
import { openRedis } from '@sparekey/queue/redis'
import { createApplication } from '@sparekey/reset/applications'
import { request } from '@sparekey/reset/request'
import { createEndpoint } from '@sparekey/reset/webhooks/endpoints'
import { startBeat } from '@sparekey/reset/workers'
import postgres from 'postgres'
import { SMTPServer, type SMTPServerOptions } from 'smtp-server'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { emptyDatabase, freshDatabase } from './support/database.ts'
import { freePort } from './support/port.ts'
import { runSparekey } from './support/process.ts'
import { startRedis, type TestServer } from './support/servers.ts'

type Line = { name: string; state: string; says: string; mend?: string }

const secret = randomBytes(32).toString('base64')
const adminKey = `admin_${randomBytes(24).toString('base64url')}`
const password = 'hush-hush:p@ss'
const inUrl = encodeURIComponent(password)
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
const hourAhead = `const now = Date.now; Date.now = () => now() + 3_600_000`

let folder: string
let redis: TestServer
let certificate: { cert: string; key: string }
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sparekey-doctor-'))
  redis = await startRedis()
  await writeFile(join(folder, 'dns.mjs'), standIn)
  await writeFile(join(folder, 'clock.mjs'), hourAhead)
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

async function withSql<T>(url: string, work: (sql: postgres.Sql) => Promise<T>): Promise<T> {
  const sql = postgres(url, { max: 1, onnotice: () => {} })
  try {
    return await work(sql)
  } finally {
    await sql.end({ timeout: 5 })
  }
}

async function setRedis(name: string, value: string): Promise<void> {
  const client = openRedis(redis.url)
  try {
    await client.config('SET', name, value)
  } finally {
    client.disconnect()
  }
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

describe('all is well', () => {
  test('every line is there in order, no mail goes out, and only what may be better warns', async () => {
    const { env, mail, database } = await wellEnvironment()
    const { db, close } = openDb(database.url, { connections: 1 })
    opened.push(close)
    const beat = startBeat({ db, log: { debug: () => {} } }, { concurrency: 7, busy: () => 3, servers: [] })
    opened.push(beat.stop)
    await createApplication({ db, secrets: [] }, { name: 'Shop', from: 'Shop <hello@shop.example>' })

    const { code, checks, line } = await examine(env, '--dkim-selector', 'key1', 'key2')
    expect(checks.map(({ state, name }) => `${state} ${name}`)).toEqual([
      'ok Configuration',
      'ok Public address',
      'ok Secret',
      'ok Admin key',
      'ok Database',
      'ok Migrations',
      'ok Database clock',
      'ok Durability',
      'ok Secret in use',
      'ok Queue',
      'ok Queue eviction',
      'warn Queue persistence',
      'ok Mail server',
      'ok SPF of acme.example',
      'ok DKIM of acme.example',
      'ok DMARC of acme.example',
      'ok SPF of shop.example',
      'ok DKIM of shop.example',
      'ok DMARC of shop.example',
      'ok Workers',
      'ok Waiting requests',
    ])
    expect(code).toBe(0)
    expect(line('Database')?.says).toMatch(
      /^Postgres \d+\.\d+ at 127\.0\.0\.1:\d+, \d+(\.\d)? ms a round trip$/,
    )
    expect(line('Queue')?.says).toMatch(/^(Redis|Valkey) \d+\.\d+\.\d+, /)
    expect(line('Mail server')?.says).toMatch(
      /^localhost:\d+, TLSv1\.\d with a certificate that holds \d+ more days, signed in$/,
    )
    expect(line('SPF of acme.example')?.says).toBe('v=spf1 include:mail.example ~all')
    expect(line('Workers')?.says).toMatch(/^1 alive \(.+\), 3 of 7 mails in hand$/)
    expect(mail.mails).toBe(0)
  })

  test('people get a line with a mark each, what to do below it, and 0 with warnings alone', async () => {
    const { env } = await wellEnvironment()
    const { code, stdout } = await run([], env)
    expect(code).toBe(0)
    expect(stdout).toMatch(/^ok {4}Database {2,}Postgres /m)
    expect(stdout).toMatch(
      /^warn {2}DKIM of acme\.example {2,}cannot be looked up without its selector\n +→ /m,
    )
    expect(stdout).toMatch(/^warn {2}Workers .*\n +→ start one: sparekey worker/m)
    expect(stdout).toMatch(/\nNothing fails\.\n$/)
  })

  test('snapshots are persistence, and Postgres alone is a queue', async () => {
    const { env } = await wellEnvironment()
    await setRedis('save', '3600 1')
    opened.push(() => setRedis('save', ''))
    const onRedis = await examine(env)
    expect(onRedis.line('Queue persistence')).toMatchObject({ state: 'ok' })
    const onPostgres = await examine({ ...env, REDIS_URL: undefined })
    expect(onPostgres.line('Queue')).toMatchObject({ state: 'ok', says: 'on the same Postgres, prepared' })
    expect(onPostgres.line('Queue eviction')).toBeUndefined()
  })
})

describe('settings', () => {
  test('a wrong variable is one line, in both forms', async () => {
    const { env } = await wellEnvironment()
    const { code, checks } = await examine({ ...env, PORT: 'many' })
    expect(checks).toEqual([
      { name: 'Configuration', state: 'fail', says: 'PORT must be a port number from 1 to 65535.' },
    ])
    expect(code).toBe(1)
    const { output } = await run([], { ...env, SPAREKEY_SECRET: undefined })
    expect(output).toMatch(/^fail {2}Configuration {2}SPAREKEY_SECRET must be set when DATABASE_URL is/)
  })

  test('plain http to the public fails; a local address and a missing admin key warn', async () => {
    const { env } = await wellEnvironment()
    const open = await examine({ ...env, PUBLIC_URL: 'http://reset.acme.example' })
    expect(open.failed).toEqual(['Public address'])
    const local = await examine({ ...env, PUBLIC_URL: undefined, SPAREKEY_ADMIN_KEY: undefined })
    expect(local.line('Public address')).toMatchObject({ state: 'warn' })
    expect(local.line('Admin key')).toMatchObject({ state: 'warn' })
    expect(local.code).toBe(0)
  })
})

describe('a database', () => {
  test('that is out of reach fails, and what needs it says so', async () => {
    const { env } = await wellEnvironment()
    const url = `postgres://someone:${inUrl}@127.0.0.1:${await freePort()}/sparekey`
    const { failed, line } = await examine({ ...env, DATABASE_URL: url })
    expect(failed).toEqual(['Database'])
    expect(line('Database')?.says).toMatch(
      /^The database at 127\.0\.0\.1:\d+ is out of reach \(ECONNREFUSED\)$/,
    )
    expect(line('Migrations')).toMatchObject({ state: 'warn', says: 'not looked at: it needs the database' })
    expect(line('Queue')).toMatchObject({ state: 'ok' })
    const alone = await examine({ ...env, DATABASE_URL: url, REDIS_URL: undefined })
    expect(alone.line('Queue')).toMatchObject({ state: 'warn' })
  })

  test('that lacks a migration fails with its name', async () => {
    const { env, database } = await wellEnvironment()
    const journal = JSON.parse(
      await readFile(new URL('../drizzle/meta/_journal.json', import.meta.url), 'utf8'),
    )
    const newest = journal.entries.at(-1).tag
    await withSql(
      database.url,
      sql => sql`delete from drizzle.__drizzle_migrations where created_at =
        (select max(created_at) from drizzle.__drizzle_migrations)`,
    )
    const { failed, line } = await examine(env)
    expect(failed).toEqual(['Migrations'])
    expect(line('Migrations')).toMatchObject({ says: `pending: ${newest}`, mend: 'run sparekey migrate' })
    expect(line('Workers')).toMatchObject({ state: 'warn' })
  })

  test('that nobody has prepared fails, and is left as it is', async () => {
    const { env } = await wellEnvironment()
    const empty = await emptyDatabase()
    opened.push(empty.drop)
    const { failed, line } = await examine({ ...env, DATABASE_URL: empty.url, REDIS_URL: undefined })
    expect(failed).toEqual(['Migrations', 'Queue'])
    expect(line('Migrations')?.says).toMatch(/^pending: 0000_first, /)
    expect(line('Queue')).toMatchObject({ mend: 'run sparekey migrate' })
    const made = await withSql(
      empty.url,
      sql => sql`select nspname from pg_namespace where nspname in ('drizzle', 'bullmq')`,
    )
    expect(made).toHaveLength(0)
  })

  test('that may forget commits fails', async () => {
    const { env, database } = await wellEnvironment()
    await withSql(database.url, sql =>
      sql.unsafe(`alter database ${new URL(database.url).pathname.slice(1)} set synchronous_commit = off`),
    )
    const { failed, line } = await examine(env)
    expect(failed).toEqual(['Durability'])
    expect(line('Durability')?.says).toMatch(/^synchronous_commit off: /)
  })

  test('whose clock is an hour behind warns', async () => {
    const { env } = await wellEnvironment()
    const preload = `--import ${pathToFileURL(join(folder, 'clock.mjs'))}`
    const { line } = await examine({ ...env, NODE_OPTIONS: `${env.NODE_OPTIONS} ${preload}` })
    expect(line('Database clock')).toMatchObject({
      state: 'warn',
      says: expect.stringMatching(/^(3599|3600)\.\d s behind this machine's/),
    })
  })

  test('whose rows need another secret fails, and says which key to put back', async () => {
    const { env, database } = await wellEnvironment()
    const { db, close } = openDb(database.url, { connections: 1 })
    opened.push(close)
    const { application } = await createApplication({ db, secrets: [] }, { name: 'Shop' })
    const other = randomBytes(32).toString('base64')
    const others = parseSecrets(other) ?? []
    const id = others[0]?.id ?? ''
    const context = {
      db,
      queues: { add: async () => {} },
      secrets: others,
      log: { warn: () => {}, info: () => {} },
    }
    const { id: requestId } = await request(context, {
      application,
      dialect: 'sparekey',
      login: 'ada@example.com',
      client: {},
    })
    const named = (status: string) =>
      withSql(
        database.url,
        sql => sql`update reset_requests set status = ${status}, secret_id = ${id}, expires_at = now() + interval '1 hour'
          where id = ${requestId}`,
      )
    await named('sent')
    const { failed, line } = await examine(env)
    expect(failed).toEqual(['Secret in use'])
    expect(line('Secret in use')?.says).toMatch(
      new RegExp(`^live requests need the key ${id}, not among ours`),
    )
    expect(line('Secret in use')?.mend).toMatch(/SPAREKEY_SECRET=newest,missing/)
    const both = { ...env, SPAREKEY_SECRET: `${secret},${other}` }
    expect((await examine(both)).line('Secret in use')).toMatchObject({
      state: 'ok',
    })
    await named('used')
    expect((await examine(env)).failed).toEqual([])

    await createEndpoint(context, application.id, { url: 'https://hooks.example.com' })
    const sealed = await examine(env)
    expect(sealed.failed).toEqual(['Secret in use'])
    expect(sealed.line('Secret in use')?.says).toContain(`sealed with the key ${id}`)
  })

  test('that a worker is missed in warns', async () => {
    const { env, database } = await wellEnvironment()
    await withSql(
      database.url,
      sql => sql`insert into workers (id, host, pid, concurrency, busy, seen_at) values
        ('lives', 'here', 1, 10, 3, now()), ('gone', 'there', 2, 10, 3, now() - interval '1 minute')`,
    )
    expect((await examine(env)).line('Workers')).toMatchObject({
      state: 'warn',
      says: '1 alive (here), 3 of 10 mails in hand; 1 went away without a word in the last 5 minutes',
    })
  })

  test('in which a request waits too long warns, then fails', async () => {
    const { env, database } = await wellEnvironment()
    const { db, close } = openDb(database.url, { connections: 1 })
    opened.push(close)
    const { application } = await createApplication({ db, secrets: [] }, { name: 'Shop' })
    const context = {
      db,
      queues: { add: async () => {} },
      secrets: [],
      log: { warn: () => {}, info: () => {} },
    }
    await request(context, { application, dialect: 'sparekey', login: 'ada@example.com', client: {} })
    const wait = (seconds: number) =>
      withSql(
        database.url,
        sql => sql`update reset_requests set created_at = now() - make_interval(secs => ${seconds})`,
      )
    await wait(30)
    expect((await examine(env)).line('Waiting requests')).toMatchObject({
      state: 'ok',
      says: expect.stringMatching(/^1, the oldest for 3\d s$/),
    })
    await wait(300)
    expect((await examine(env)).line('Waiting requests')).toMatchObject({ state: 'warn' })
    await wait(1000)
    expect((await examine(env)).failed).toEqual(['Waiting requests'])
  })
})

describe('a queue', () => {
  test('that evicts fails', async () => {
    const { env } = await wellEnvironment()
    await setRedis('maxmemory-policy', 'allkeys-lru')
    opened.push(() => setRedis('maxmemory-policy', 'noeviction'))
    const { failed, line } = await examine(env)
    expect(failed).toEqual(['Queue eviction'])
    expect(line('Queue eviction')?.says).toMatch(/^maxmemory-policy allkeys-lru: /)
    expect(line('Queue eviction')?.mend).toMatch(/noeviction/)
  })

  test('that is not there fails', async () => {
    const { env } = await wellEnvironment()
    const { failed, line } = await examine({ ...env, REDIS_URL: `redis://127.0.0.1:${await freePort()}` })
    expect(failed).toEqual(['Queue'])
    expect(line('Queue')?.says).toBe('Redis is out of reach (ECONNREFUSED)')
    expect(line('Queue eviction')).toMatchObject({ state: 'warn' })
  })

  test('of several hosts, none of which is there, fails with the reason', async () => {
    const { env } = await wellEnvironment()
    const [one, two] = [await freePort(), await freePort()]
    const hosts = `127.0.0.1:${one},127.0.0.1:${two}`
    const cluster = await examine({ ...env, REDIS_URL: `redis://${hosts}` })
    expect(cluster.line('Queue')?.says).toBe('No host of the Redis cluster answers')
    const sentinels = await examine({ ...env, REDIS_URL: `redis+sentinel://${hosts}/mymaster` })
    expect(sentinels.line('Queue')?.says).toBe('No sentinel answers')
    expect([cluster.failed, sentinels.failed]).toEqual([['Queue'], ['Queue']])
  })

  test('that refuses the password fails with its own code', async () => {
    const { env } = await wellEnvironment()
    await setRedis('requirepass', 'another')
    opened.push(async () => {
      const client = openRedis(redis.url.replace('//', '//:another@'))
      await client.config('SET', 'requirepass', '')
      client.disconnect()
    })
    const wrong = await examine({ ...env, REDIS_URL: redis.url.replace('//', `//:${inUrl}@`) })
    expect(wrong.failed).toEqual(['Queue'])
    expect(wrong.line('Queue')?.says).toBe('Redis refuses this user or password (WRONGPASS)')
    const none = await examine(env)
    expect(none.line('Queue')?.says).toBe('Redis refuses this user or password (NOAUTH)')
  })
})

describe('a mail server', () => {
  test('that refuses the sign-in fails with its own words', async () => {
    const { env, mail } = await wellEnvironment()
    const { failed, line } = await examine({
      ...env,
      SMTP_URL: `smtp://else:${inUrl}@localhost:${mail.port}`,
    })
    expect(failed).toEqual(['Mail server'])
    expect(line('Mail server')?.says).toMatch(
      /^localhost:\d+ refuses the sign-in: 535 5\.7\.8 Nobody by that name here$/,
    )
  })

  test('that repeats the password has it taken out of its words', async () => {
    const { env } = await wellEnvironment()
    const port = await freePort()
    listen(port, line => {
      if (line === '') return '220 here'
      if (line.startsWith('EHLO')) return '250-here\r\n250 AUTH PLAIN'
      return line.startsWith('AUTH') ? `535 what is ${line}, ${password}?` : '221 bye'
    })
    const { line } = await examine({ ...env, SMTP_URL: `smtp://someone:${inUrl}@127.0.0.1:${port}` })
    expect(line('Mail server')?.says).toMatch(/refuses the sign-in: 535 what is AUTH PLAIN …, …\?$/)
  })

  test('whose certificate nobody vouches for, or is for another name, fails', async () => {
    const { env, mail } = await wellEnvironment()
    const unknown = await examine({ ...env, NODE_EXTRA_CA_CERTS: undefined })
    expect(unknown.failed).toEqual(['Mail server'])
    expect(unknown.line('Mail server')?.says).toMatch(
      /no line that can be trusted: .*self-signed certificate/,
    )
    expect(unknown.line('Mail server')?.mend).toMatch(/NODE_EXTRA_CA_CERTS/)
    const other = await examine({ ...env, SMTP_URL: `smtp://127.0.0.1:${mail.port}?requireTLS=true` })
    expect(other.line('Mail server')?.mend).toMatch(/servername/)
  })

  test('that is not there, turns us away, or has no TLS where we insist fails, each in its place', async () => {
    const { env, mail } = await wellEnvironment()
    const [busy, gone] = [await freePort(), await freePort()]
    listen(busy, line => (line === '' ? '554 5.3.2 No service for you' : undefined))
    const plain = await mailServer({ hideSTARTTLS: true, disabledCommands: ['STARTTLS'], authOptional: true })
    const { checks } = await examine({
      ...env,
      SMTP_URL: [
        `smtp://localhost:${gone}`,
        `smtp://127.0.0.1:${busy}`,
        `smtp://127.0.0.1:${plain.port}?requireTLS=true`,
        `smtps://localhost:${mail.port}`,
        `smtp://127.0.0.1:${plain.port}`,
      ].join(),
    })
    const lines = checks.filter(({ name }) => name.startsWith('Mail server'))
    expect(lines.map(({ name, state }) => `${state} ${name}`)).toEqual([
      'fail Mail server 1',
      'fail Mail server 2',
      'fail Mail server 3',
      'fail Mail server 4',
      'ok Mail server 5',
    ])
    expect(lines[0]?.says).toMatch(/^localhost:\d+ is out of reach: .*ECONNREFUSED/)
    expect(lines[1]?.says).toMatch(/turns us away: 554 5\.3\.2 No service for you$/)
    expect(lines[2]?.says).toMatch(/no line that can be trusted: 5\d\d /)
    expect(lines[3]?.mend).toMatch(/^this port does not begin with TLS/)
    expect(lines[4]?.says).toMatch(/plain text on this machine, no sign-in$/)
  })
})

test('servers that take a connection and say nothing do not hold it', async () => {
  const { env } = await wellEnvironment()
  const port = await freePort()
  listen(port, () => undefined)
  const before = Date.now()
  const { failed } = await examine({
    ...env,
    DATABASE_URL: `postgres://someone:${inUrl}@127.0.0.1:${port}/sparekey`,
    REDIS_URL: `redis://127.0.0.1:${port}`,
    SMTP_URL: `smtp://127.0.0.1:${port}`,
  })
  expect(failed).toEqual(['Database', 'Queue', 'Mail server'])
  expect(Date.now() - before).toBeLessThan(15_000)
})

test('an embedded Postgres is looked at and never started, and nothing is made', async () => {
  const SPAREKEY_DATA = join(folder, 'data')
  const fresh = await examine({ SPAREKEY_DATA })
  expect(fresh.failed).toEqual([])
  expect(fresh.line('Database')?.says).toMatch(/^none yet: /)
  expect(fresh.line('Secret')?.says).toMatch(/^none yet: /)
  expect(fresh.line('Mail server')).toMatchObject({
    state: 'ok',
    says: expect.stringMatching(/built-in mailbox/),
  })
  expect(await readdir(folder)).not.toContain('data')

  const running = await openEmbeddedPostgres({ dataDir: SPAREKEY_DATA })
  opened.push(running.close)
  await writeFile(
    join(SPAREKEY_DATA, 'keys.json'),
    JSON.stringify({ secret: randomBytes(32).toString('base64'), adminKey }),
    { mode: 0o644 },
  )
  const up = await examine({ SPAREKEY_DATA })
  expect(up.line('Database')?.says).toMatch(/^Postgres \d+\.\d+ at the embedded one in /)
  expect(up.line('Secret')).toMatchObject({ state: 'warn', mend: expect.stringMatching(/^chmod 600 /) })
  await running.close()
  await writeFile(join(SPAREKEY_DATA, 'keys.json'), '{}')

  const down = await examine({ SPAREKEY_DATA })
  expect(down.line('Database')).toMatchObject({ state: 'ok', says: expect.stringMatching(/lies ready/) })
  expect(down.failed).toEqual(['Secret'])
  expect(down.line('Secret')?.says).toMatch(/keys\.json is damaged$/)
  expect(await readdir(join(SPAREKEY_DATA, 'postgres'))).not.toContain('postmaster.pid')
})

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
    const path = join(folder, `${randomBytes(6).toString('hex')}.pem`)
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
    const [one, two] = [join(folder, 'one.pem'), join(folder, 'two.pem')]
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
