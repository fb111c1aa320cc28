import { randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, inject, test } from 'vitest'
import { deploy } from './support/deployment.ts'
import { freePort } from './support/port.ts'
import { isWell, type Running, runSparekey } from './support/process.ts'
import { type Json, until } from './support/sparekey.ts'

const opened: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close()
})

function run(args: string[], env: Record<string, string>): Running {
  const running = runSparekey(args, { LOG_LEVEL: 'warn', ...env })
  opened.push(() => running.end('SIGKILL'))
  return running
}

const ready = (port: number) =>
  until(`port ${port}`, async () => (await isWell(`http://localhost:${port}`)) || undefined, 40_000)

async function post(url: string, key: string, body: object): Promise<Json> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  return { status: response.status, ...((await response.json()) as object) }
}

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'sparekey-start-'))
  opened.push(() => rm(path, { recursive: true, force: true, maxRetries: 5 }))
  return path
}

async function listed(url: string, key: string): Promise<Json[]> {
  const response = await fetch(url, { headers: { authorization: `Bearer ${key}` } })
  return ((await response.json()) as Json).items
}

test('two APIs and two workers share real servers; a worker killed in mid-send loses nothing, a revoked key opens neither', async () => {
  const deployment = await deploy({ apis: 2, workers: 2 })
  opened.push(deployment.close)
  const { adminKey, apis, workers, mailServer } = deployment
  const [one, two] = apis.map(({ url }) => url)
  const { id: application, keys } = await post(`${one}/v1/applications`, adminKey, { name: 'Acme' })
  const logins = Array.from({ length: 30 }, (_, i) => `person${i}@example.com`)
  for (const login of logins) {
    expect((await post(`${two}/v1/accounts`, keys.secret, { login, email: login })).status).toBe(201)
  }
  const asked = await Promise.all(
    logins.map((login, i) => post(`${i % 2 ? one : two}/v1/reset-requests`, keys.publishable, { login })),
  )
  expect(asked.map(({ status }) => status)).toEqual(Array(30).fill('accepted'))
  await workers[0]?.end('SIGKILL')
  await until(
    'every request sent',
    async () => {
      const response = await fetch(`${one}/v1/reset-requests?status=sent&limit=100`, {
        headers: { authorization: `Bearer ${keys.secret}` },
      })
      const { items } = (await response.json()) as Json
      return items.length === 30 || undefined
    },
    90_000,
  )
  const to = mailServer.taken.map(source => /^To: .*?([\w]+@example\.com)/m.exec(source)?.[1])
  expect(new Set(to).size).toBe(30)
  // A worker that died after the mail server took the mail sends it again, with the same Message-ID.
  const messageIds = new Set(mailServer.taken.map(source => /^Message-ID: (.*)$/m.exec(source)?.[1]))
  expect(messageIds.size).toBe(30)

  // A key that one API revokes, which the other one has just taken: a second later it is nobody's there, too.
  const [{ id: keyId } = { id: '' }] = (
    await listed(`${one}/v1/applications/${application}/keys`, adminKey)
  ).filter(({ kind }: Json) => kind === 'secret')
  const look = async () => {
    const { status } = await fetch(`${two}/v1/accounts`, {
      headers: { authorization: `Bearer ${keys.secret}` },
    })
    return status
  }
  expect(await look()).toBe(200)
  const gone = await fetch(`${one}/v1/applications/${application}/keys/${keyId}`, {
    method: 'DELETE',
    headers: { authorization: `Bearer ${adminKey}` },
  })
  expect(gone.status).toBe(204)
  const revoked = performance.now()
  let lastOpened = revoked
  await until('the other API to refuse it', async () => {
    const asked = performance.now()
    if ((await look()) === 401) return true
    lastOpened = asked
    return undefined
  })
  expect(lastOpened - revoked).toBeLessThan(1_000)

  expect(await workers[1]?.end('SIGTERM')).toBe(0)
  for (const api of apis) expect(await api.end('SIGTERM')).toBe(0)
}, 150_000)

test('start makes a demo, keeps its data and keys over SIGTERM, SIGKILL and SIGINT', async () => {
  const port = await freePort()
  const env = {
    SPAREKEY_DATA: await folder(),
    PORT: String(port),
    MAILBOX_PORT: String(await freePort()),
    LOG_LEVEL: 'warn',
  }
  const url = `http://localhost:${port}`
  let keys: string | undefined
  for (const signal of ['SIGTERM', 'SIGKILL', 'SIGINT'] as const) {
    const sparekey = run(['start'], env)
    await ready(port)
    await sparekey.says(/curl -sS/)
    const [publishable = ''] = /pk_[\w-]{43}/.exec(sparekey.output()) ?? []
    keys ??= publishable
    expect(publishable).toBe(keys)
    const asked = await post(`${url}/v1/reset-requests`, publishable, { login: 'demo@example.com' })
    expect(asked.status).toBe('accepted')
    const code = await sparekey.end(signal)
    expect(code).toBe(signal === 'SIGKILL' ? null : 0)
  }
}, 120_000)

test('start finishes a demo that was left half made', async () => {
  const port = await freePort()
  const env = {
    SPAREKEY_DATA: await folder(),
    PORT: String(port),
    MAILBOX_PORT: String(await freePort()),
  }
  // What a start that is killed in mid-demo leaves: the application, with neither account nor kept keys.
  expect(await run(['app', 'create', 'Demo'], env).ended).toBe(0)
  const sparekey = run(['start'], env)
  await sparekey.says(/curl -sS/)
  const [publishable = ''] = /pk_[\w-]{43}/.exec(sparekey.output()) ?? []
  const url = `http://localhost:${port}`
  await post(`${url}/v1/reset-requests`, publishable, { login: 'demo@example.com' })
  await until('its mail', async () => {
    const mails = (await (await fetch(`${url}/mailbox/messages`)).json()) as Json
    return mails.length > 0 || undefined
  })
  // The worker's figures stand among those of the API, since it has no port of its own.
  const figures = await until('the count of its mail', async () => {
    const text = await (await fetch(`${url}/metrics`)).text()
    return /^sparekey_mail_attempts_total\{.*outcome="accepted"\} 1$/m.test(text) ? text : undefined
  })
  for (const line of [
    /^sparekey_delivery_seconds_count 1$/m,
    /^sparekey_worker_concurrency 250$/m,
    /^sparekey_postgres_connections\{part="api",pool="hot",state="free"\} \d$/m,
    /^sparekey_postgres_connections\{part="worker",pool="hot",state="free"\} \d$/m,
  ])
    expect(figures).toMatch(line)
  expect(await sparekey.end('SIGTERM')).toBe(0)

  const again = run(['start'], env)
  await again.says(/curl -sS/)
  expect(again.output()).toContain(publishable)
  expect(await again.end('SIGTERM')).toBe(0)
}, 120_000)

test.each([
  ['a port in use', { PORT: 'taken' }, /^Port \d+ is in use/],
  ['a bad variable', { PORT: 'abc' }, /^PORT must be/],
  ['a data folder that is a file', { SPAREKEY_DATA: 'file' }, /^The data folder .* cannot be used/],
  ['a data folder that cannot be made', { SPAREKEY_DATA: '/proc/nope/data' }, /^The data folder .*nope/],
  [
    'a database without its secret',
    { DATABASE_URL: 'postgres://localhost/x' },
    /^SPAREKEY_SECRET must be set/,
  ],
  [
    'a database out of reach',
    { DATABASE_URL: 'postgres://127.0.0.1:9/x', SPAREKEY_SECRET: randomBytes(32).toString('base64') },
    /database/i,
  ],
])(
  '%s: one clear line, exit 1',
  async (_what, given, line) => {
    const data = await folder()
    const file = join(data, 'file')
    await writeFile(file, '')
    const port = new URL(inject('redisUrl')).port
    const env: Record<string, string> = { SPAREKEY_DATA: data, PORT: String(await freePort()), ...given }
    if (env.PORT === 'taken') env.PORT = port
    if (env.SPAREKEY_DATA === 'file') env.SPAREKEY_DATA = file
    const failed = run(['start'], env)
    expect(await failed.ended).toBe(1)
    const lines = failed.output().trim().split('\n')
    expect(lines).toHaveLength(1)
    expect(lines[0]).toMatch(line)
  },
  40_000,
)

test('a failure that nobody reads any more ends the process all the same', async () => {
  // It fails when its Postgres runs already, which takes a moment to end.
  const taken = new URL(inject('redisUrl')).port
  const env = { SPAREKEY_DATA: await folder(), PORT: String(await freePort()), MAILBOX_PORT: taken }
  const failed = run(['start'], env)
  failed.child.stdout?.destroy()
  failed.child.stderr?.destroy()
  expect(await failed.ended).toBe(1)
}, 60_000)
