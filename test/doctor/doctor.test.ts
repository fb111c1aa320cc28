import { randomBytes } from 'node:crypto'
import { readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { openDb } from '@sparekey/db/db'
import { openEmbeddedPostgres } from '@sparekey/embedded/postgres'
import { createApplication } from '@sparekey/reset/applications'
import { startBeat } from '@sparekey/reset/workers'
import { describe, expect, test } from 'vitest'
import { freePort } from '../support/port.ts'
import { adminKey, inUrl, setUp } from './support/doctor.ts'

const { examine, file, listen, opened, run, wellEnvironment } = setUp()

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
})

describe('settings', () => {
  test('a wrong variable is one line, in both forms', async () => {
    const { env } = await wellEnvironment()
    const { code, checks } = await examine({ ...env, PORT: 'many' })
    expect(checks).toEqual([
      { name: 'Configuration', state: 'fail', says: 'PORT must be a port number from 1 to 65535.' },
    ])
    expect(code).toBe(1)
    // Mails are made with it as with any address, and each would fail.
    const sender = await examine({ ...env, MAIL_FROM: 'Acme <no-reply@mailhost>' })
    expect(sender.checks).toMatchObject([
      { state: 'fail', says: expect.stringMatching(/^MAIL_FROM must have/) },
    ])
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
  const SPAREKEY_DATA = file('data')
  const fresh = await examine({ SPAREKEY_DATA })
  expect(fresh.failed).toEqual([])
  expect(fresh.line('Database')?.says).toMatch(/^none yet: /)
  expect(fresh.line('Secret')?.says).toMatch(/^none yet: /)
  expect(fresh.line('Mail server')).toMatchObject({
    state: 'ok',
    says: expect.stringMatching(/built-in mailbox/),
  })
  expect(await readdir(file('.'))).not.toContain('data')

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
