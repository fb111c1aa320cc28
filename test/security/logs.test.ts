import postgres from 'postgres'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type FreshDatabase, freshDatabase } from '../support/database.ts'
import { type Deployment, deploy } from '../support/deployment.ts'
import { until } from '../support/sparekey.ts'
import { goodPassword, noLimits, tokenCalls } from './support/desk.ts'
import { searchFor } from './support/search.ts'
import { standIn } from './support/stand-in.ts'
import { askOnce, requestText } from './support/wire.ts'

let database: FreshDatabase
let deployment: Deployment
let sql: postgres.Sql
let app: { id: string; keys: { secret: string; publishable: string } }
beforeAll(async () => {
  database = await freshDatabase()
  sql = postgres(database.url, { max: 1, onnotice: () => {} })
  deployment = await deploy({ env: { DATABASE_URL: database.url, LOG_LEVEL: 'debug' } })
  const input = { name: 'Acme', limits: noLimits }
  app = (await deployment.call('POST', '/v1/applications', { key: deployment.adminKey, body: input })).body
}, 120_000)
afterAll(async () => {
  await sql?.end({ timeout: 5 })
  await deployment?.close()
  await database?.drop()
})

const logs = () => [...deployment.apis, ...deployment.workers].map(part => part.output()).join('\n')

/** What of people stands in a text in the clear; empty is what one hopes for. */
const people = (text: string) => text.match(/[\w.+-]+@[\w-]+\.(?:com|org|test)/g) ?? []

/** What of the inside stands in an answer: a stack, a path, a statement, a driver's words. */
const insides = (answer: string) =>
  answer.match(/\n\s+at |node_modules|\.tsx?\b|\bselect\b|\brelation\b|postgres|drizzle|Error:|\/apps\//gi) ??
  []

test('after a whole story with faults the logs hold no address, token, key or password; planted ones are found', async () => {
  const { call, adminKey, mailServer } = deployment
  const key = app.keys.secret
  const login = 'logged.person@example.com'
  await call('POST', '/v1/accounts', { key, body: { login, email: login, name: 'Logged Person' } })
  const { body } = await call('POST', '/v1/reset-requests', { key, body: { login } })
  const { text = '' } = await mailServer.mail(login)
  const token = /#([\w-]{43})\b/.exec(text)?.[1] ?? ''
  const { complete } = tokenCalls(call, key)
  expect((await complete(token, 'x')).status).toBe(422)
  expect((await complete(token, goodPassword)).status).toBe(200)
  await until('the notice', () => (mailServer.taken.length >= 2 ? true : undefined))
  await call('GET', `/v1/accounts?login=${login}`, { key })
  await call('GET', `/v1/accounts?login=${login}`, { key: `sk_${'x'.repeat(43)}` })
  await call('POST', '/v1/accounts', { key, body: '{"login":"logged.person@example.com"' })

  // A fault that nobody foresaw, with everything in its statement.
  await sql`alter table accounts rename to accounts_away`
  const failed = await call('POST', '/v1/accounts', {
    key,
    body: { login, email: login, password: goodPassword },
  })
  const asked = await call('POST', '/v1/reset-requests', { key, body: { login: `second.${login}` } })
  expect([failed.status, asked.status]).toEqual([500, 202])
  await until('the fault is in the log', () => (logs().includes('unexpected error') ? true : undefined))
  await sql`alter table accounts_away rename to accounts`
  expect(insides(JSON.stringify(failed.body))).toEqual([])
  expect(logs()).toContain(failed.body.requestId)

  const text2 = logs()
  expect(people(text2)).toEqual([])
  for (const secret of [token, goodPassword, key, app.keys.publishable, adminKey, login, 'Logged Person'])
    expect(searchFor(secret, { logs: text2 })).toEqual([])
  expect(text2).not.toMatch(/\$argon2/)

  const planted = `${text2}\n{"msg":"mail to ${login} with ${token}"}`
  expect(people(planted)).toEqual([login])
  expect(searchFor(token, { logs: planted })).not.toEqual([])
  expect(body.id).toMatch(/^req_/)
})

/** Lines that a log's reader could not take for one event of ours. */
const foreignLines = (text: string) =>
  text.split('\n').filter(line => {
    if (line === '') return false
    try {
      const { level, part, msg } = JSON.parse(line)
      return !level || !part || msg === undefined || line.includes('"level":"owned"')
    } catch {
      return true
    }
  })

test('whatever is sent, an event is one line: nobody writes a line of their own; a log that lets them is caught', async () => {
  const { apis, call } = deployment
  const line = '{"level":"owned","part":"api","msg":"all is well"}'
  const forged = [`x\n${line}`, `x\r\n${line}`, `x%0a${line}`, `x\u2028${line}`, `x\u001b[2K${line}`]
  const parts = [...apis, ...deployment.workers]
  // What was said at the start was said by nobody outside.
  const before = parts.map(part => part.output().length)
  for (const text of forged) {
    await call('POST', '/v1/reset-requests', { key: app.keys.secret, body: { login: text } })
    await call('GET', `/v1/accounts/${encodeURIComponent(text)}`, { key: app.keys.secret })
    await call('GET', `/forgot/${encodeURIComponent(text)}`)
    const headers = { 'User-Agent': text.replace(/[\r\n\u2028]/g, '\t'), Authorization: 'Bearer x' }
    await askOnce(apis[0].url, requestText('GET /v1/accounts', { headers }))
  }
  await sql`alter table accounts rename to accounts_away`
  await call('GET', `/v1/accounts?login=${encodeURIComponent(forged[2] ?? '')}`, { key: app.keys.secret })
  await sql`alter table accounts_away rename to accounts`
  // What the API said so far is out once it has answered; standard output may come a little later.
  await until('both faults', () => ((logs().match(/unexpected error/g)?.length ?? 0) >= 2 ? true : undefined))
  for (const [at, part] of parts.entries()) expect(foreignLines(part.output().slice(before[at]))).toEqual([])
  const printed = forged.map(text => `{"level":"info","part":"api","msg":"login ${text}"}`).join('\n')
  expect(foreignLines(printed).length).toBeGreaterThan(3)
})

test('no answer holds a stack, a path of ours or a statement, whatever goes wrong; one that does is caught', async () => {
  const { apis } = deployment
  const { url } = apis[0]
  const headers = { 'Content-Type': 'application/json', Authorization: `Bearer ${app.keys.secret}` }
  const wrong = [
    requestText('GET /v1/nothing'),
    requestText('GET /v1/accounts/%00', { headers }),
    requestText('GET /v1/accounts?cursor=%ff', { headers }),
    requestText('GET /forgot/%E0%A4%A', {}),
    requestText('POST /v1/reset-requests', { headers, body: '{' }),
    requestText('POST /v1/accounts/import', {
      headers: { ...headers, 'Content-Type': 'application/x-ndjson' },
      body: '\0\n{"login":1}',
    }),
    requestText('PROPFIND /v1/accounts', { headers }),
    requestText('GET /../../etc/passwd'),
    'NONSENSE\r\n\r\n',
  ]
  for (const request of wrong) {
    const answer = await askOnce(url, request)
    const body = answer.slice(answer.indexOf('\r\n\r\n'))
    expect([request.slice(0, 40), insides(body)]).toEqual([request.slice(0, 40), []])
    expect(answer.slice(0, 300)).not.toMatch(/^x-powered-by|^server:/im)
  }
  const chatty = await standIn((_, response) => response.writeHead(500).end(new Error('away').stack))
  expect(insides(await (await fetch(chatty.url)).text())).not.toEqual([])
  chatty.close()
})
