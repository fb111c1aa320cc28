import { type IdPrefix, makeId } from '@sparekey/db/id'
import { Ajv2020 } from 'ajv/dist/2020.js'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { isLong } from '../support/long.ts'
import { type Json, type Sparekey, startSparekey } from '../support/sparekey.ts'
import { goodPassword, noLimits, openDesk } from './support/desk.ts'
import { type Operation, readDocument } from './support/document.ts'
import { createRandom } from './support/random.ts'
import { behind } from './support/stand-in.ts'
import { createWild } from './support/wild.ts'

const rounds = Number(process.env.SECURITY_ROUNDS ?? (isLong ? 2000 : 80))
const parallel = 8
const random = createRandom()

/** What the document calls the form of a text. */
const formats = {
  'date-time': (text: string) =>
    /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/.test(text) && !Number.isNaN(Date.parse(text)),
  email: /^[^@\s]+@[^@\s]+$/,
  uri: (text: string) => URL.canParse(text),
  uuid: /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i,
  password: true,
} as const

let sparekey: Sparekey
let document: Json
let operations: Operation[]
let app: Awaited<ReturnType<Sparekey['application']>>
let keys: Record<string, string>
let known: Record<string, string[]>
let valid: (operation: Operation, status: number, type: string, body: Json) => string | undefined

beforeAll(async () => {
  // No worker: what is asked for here is not worth mailing.
  sparekey = await startSparekey({ backend: 'redis', worker: false })
  ;({ document, operations } = await readDocument(sparekey.call))
  app = await sparekey.application({ limits: noLimits })
  keys = { secretKey: app.secret, publishableKey: app.publishable, adminKey: sparekey.adminKey }
  const ajv = new Ajv2020({ strict: false, allErrors: false, formats })
  ajv.addSchema(document, 'openapi')
  const pointer = (parts: string[]) =>
    parts.map(part => encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'))).join('/')
  valid = ({ path, method, responses }, status, type, body) => {
    const content = responses[status]?.content?.[type]
    if (!content) return `${type} is not documented`
    const at = ['paths', path, method.toLowerCase(), 'responses', String(status), 'content', type, 'schema']
    const check = ajv.getSchema(`openapi#/${pointer(at)}`)
    if (!check) return 'there is no schema'
    return check(body) ? undefined : ajv.errorsText(check.errors)
  }
})
afterAll(() => sparekey?.close())

/** Puts back what the calls before took away: settings, limits, and things to be found by their ids. */
async function furnish(): Promise<void> {
  const settings = {
    slug: app.slug,
    aliases: [`alias-${app.slug}`],
    directory: 'builtin',
    redirectOrigins: ['https://app.example.com'],
    dialects: ['akinon', 'payabli', 'nile', 'platform', 'autoshares'],
    limits: noLimits,
  }
  const admin = { key: sparekey.adminKey }
  await sparekey.call('PATCH', `/v1/applications/${app.id}`, { ...admin, body: settings })
  for (const queue of ['mail', 'webhook', 'housekeeping'])
    await sparekey.call('POST', `/v1/queues/${queue}/resume`, admin)
  const desk = openDesk(sparekey, app)
  const person = await desk.account()
  const { body: asked } = await desk.ask(person.login)
  const key = { key: app.secret }
  const { body: hooks } = await sparekey.call('GET', '/v1/webhooks?limit=100', key)
  for (const { id } of hooks.items) await sparekey.call('DELETE', `/v1/webhooks/${id}`, key)
  const hook = await sparekey.call('POST', '/v1/webhooks', { ...key, body: { url: 'https://example.com/x' } })
  const suppressed = await sparekey.call('POST', '/v1/suppressions', {
    ...key,
    body: { address: 'nobody@example.com' },
  })
  known = {
    id: [app.id, person.id, asked.id, hook.body.id, suppressed.body.id],
    requestId: [asked.id],
    login: [person.login, 'nobody@example.com'],
    email: ['anna@example.com', 'nobody@example.com'],
    to: ['anna@example.com'],
    address: ['anna@example.com', 'nobody@example.com'],
    name: ['mail', 'webhook', 'housekeeping'],
    database: [app.slug],
    application: [app.slug],
    SubdomainName: [app.slug],
    Token: ['A'.repeat(43)],
    NewPassword: [goodPassword],
    ConfirmPassword: [goodPassword],
    redirectUrl: ['https://app.example.com/in'],
    callbackUrl: ['https://app.example.com/in'],
  }
}

/** A call that would take the ground from under the others. */
const isLast = (operation: Operation, path: string) =>
  operation.id === 'deleteApplication' && path.includes(app.id)

/** The statuses that each operation was seen to answer with. */
const answered = new Map<string, Set<number>>()
const isDialect = ({ path }: Operation) => path.startsWith('/compat/')

interface Sent {
  path: string
  headers: Record<string, string>
  body?: string
}

/** A call by the document; `plain`: with nothing wild in it. */
function makeRequest(operation: Operation, plain = false): Sent {
  const wildness = plain ? 0 : random.pick([0, 0, 0.05, 0.2, 0.6])
  const { anything, fitting, chance } = createWild(random, document, known)
  const textOf = (value: unknown) =>
    (typeof value === 'string' ? value : JSON.stringify(value)).replace(/\p{Cs}/gu, '?')
  const query = new URLSearchParams()
  const headers: Record<string, string> = {}
  let path = operation.path
  for (const { name, in: place, required, schema } of operation.parameters) {
    const value = textOf(fitting(schema, wildness, name))
    // An empty step, or one of dots, would be another path.
    if (place === 'path')
      path = path.replace(`{${name}}`, encodeURIComponent(/^\.*$/.test(value) ? 'x' : value))
    else if (!required && (plain ? !known[name] : chance(0.5))) continue
    else if (place === 'query') query.append(name, value)
    else if (place === 'header') headers[name] = value.replace(/[^\x20-\x7e]/g, '?').trim()
  }
  if (chance(wildness / 3)) query.append(textOf(anything()) || 'x', textOf(anything()))
  const kinds = operation.keys.filter(kind => keys[kind])
  const secret = kinds.includes('secretKey') && chance(0.8) ? 'secretKey' : kinds[0]
  if (kinds.length > 0 && !chance(0.02))
    headers.authorization = `Bearer ${keys[chance(0.05) ? random.pick(Object.keys(keys)) : (secret ?? '')]}`
  for (const kind of operation.keys) {
    const scheme = document.components?.securitySchemes?.[kind]
    if (scheme?.type === 'apiKey' && scheme.in === 'header' && chance(0.9))
      headers[scheme.name] = keys.secretKey ?? ''
  }
  if (operation.id === 'signIn' || operation.id === 'signOut') headers['sec-fetch-site'] = 'same-origin'
  const search = query.size > 0 ? `?${query}` : ''
  const sent: Sent = { path: path + search, headers }
  if (operation.body && !chance(0.02)) {
    const value = fitting(operation.body.schema, wildness)
    headers['content-type'] = chance(0.03) ? random.pick(['text/plain', 'x/y', '']) : operation.body.type
    const text = operation.body.type.includes('ndjson')
      ? `${JSON.stringify(anything())}\n${textOf(value)}`
      : JSON.stringify(value)
    sent.body = chance(0.03) ? text.slice(0, random.below(text.length + 1)) : text
  }
  return sent
}

/** What speaks against the answer to a call; undefined is what one hopes for. */
async function fault(url: string, operation: Operation, sent: Sent): Promise<string | undefined> {
  const hung = new AbortController()
  const answer = await fetch(url + sent.path, {
    method: operation.method,
    headers: sent.headers,
    redirect: 'manual',
    signal: hung.signal,
    ...(sent.body !== undefined && operation.method !== 'GET' ? { body: sent.body } : {}),
  })
  const { status } = answer
  answered.set(operation.id, (answered.get(operation.id) ?? new Set()).add(status))
  if (status >= 500) return `${status}: ${await answer.text()}`
  if (!operation.responses[status]) return `${status} is not documented: ${await answer.text()}`
  const type = (answer.headers.get('content-type') ?? '').split(';')[0] ?? ''
  if (type === 'text/event-stream') {
    hung.abort()
    return undefined
  }
  const text = await answer.text()
  if (text === '') return undefined
  if (!type.includes('json'))
    return operation.responses[status]?.content?.[type] ? undefined : `${type} is not documented`
  const wrong = valid(operation, status, type, readJson(text))
  return wrong && `${status}: ${wrong}: ${text.slice(0, 200)}`
}

function readJson(text: string): Json {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Different faults of one operation, each with a call that brought it about; and how its calls were answered. */
async function faultsOf(url: string, operation: Operation, times: number): Promise<string[]> {
  const faults = new Map<string, string>()
  let left = times
  const run = async () => {
    while (left-- > 0) {
      let sent = makeRequest(operation)
      while (isLast(operation, sent.path)) sent = makeRequest(operation)
      const found = await fault(url, operation, sent)
      if (found)
        faults.set(
          found.slice(0, 60),
          `${operation.method} ${sent.path} ${sent.body?.slice(0, 300)} → ${found}`,
        )
    }
  }
  await Promise.all(Array.from({ length: parallel }, run))
  return [...faults.values()]
}

test(`${rounds} wild calls of each operation bring no 5xx, and only answers that stand in the document`, async () => {
  const faults: string[] = []
  for (const operation of operations) {
    await furnish()
    faults.push(...(await faultsOf(sparekey.url, operation, rounds)))
  }
  expect(faults, `SECURITY_SEED=${random.seed}`).toEqual([])
  expect(operations.length).toBeGreaterThan(40)
  // Were all of it refused at the door, nothing would have been tried. What needs a mailed secret can't be had here.
  const own = operations.filter(operation => !isDialect(operation))
  const taken = own.filter(({ id }) => [...(answered.get(id) ?? [])].some(status => status < 400))
  expect(taken.length / own.length).toBeGreaterThan(0.6)
}, 1_800_000)

test('every form of a text that the document names is looked at', () => {
  const named = [...JSON.stringify(document).matchAll(/"format":"([\w-]+)"/g)].map(([, name]) => name)
  expect(new Set(named)).toEqual(new Set(Object.keys(formats)))
})

test('a NUL in what is looked for, which no text of Postgres holds, is 400', async () => {
  const looks = [
    'stats?dialect=%00',
    'accounts?login=%00',
    'reset-requests?login=%00',
    'suppressions?address=%00',
  ]
  for (const look of looks) {
    const key = look.startsWith('stats') ? sparekey.adminKey : app.secret
    expect([look, (await sparekey.call('GET', `/v1/${look}`, { key })).status]).toEqual([look, 400])
  }
})

test('any text as a cursor is 400 or a page, and a page’s own leads through the whole list', async () => {
  await furnish()
  const { body: hooks } = await sparekey.call('GET', '/v1/webhooks', { key: app.secret })
  const lists: [path: string, key: string][] = [
    ['accounts?', app.secret],
    ['reset-requests?', app.secret],
    ['webhooks?', app.secret],
    [`webhooks/${hooks.items[0].id}/deliveries?`, app.secret],
    ['suppressions?', app.secret],
    ['audit?', sparekey.adminKey],
    ['applications?', sparekey.adminKey],
    [`applications/${app.id}/keys?`, sparekey.adminKey],
    ['queues/mail/jobs?state=waiting&', sparekey.adminKey],
  ]
  const page = ([path, key]: (typeof lists)[number], query: Record<string, string>) =>
    sparekey.call('GET', `/v1/${path}${new URLSearchParams(query)}`, { key })
  // No text of Postgres holds a NUL.
  const unit = fc.oneof(
    fc.constant('\0'),
    fc.nat(0x10ffff).map(at => String.fromCodePoint(at)),
  )
  const text = fc.oneof(
    fc.string({ unit, maxLength: 210 }),
    fc.bigInt({ min: -1n, max: 10n ** 30n }).map(String),
    fc.constantFrom<IdPrefix>('app', 'key', 'acc', 'req', 'hook', 'msg', 'sup').map(prefix => makeId(prefix)),
  )
  const encoded = text.map(each => Buffer.from(each, 'utf8').toString('base64url'))
  const seen = new Set<number>()
  const holds = fc.asyncProperty(fc.constantFrom(...lists), fc.oneof(text, encoded), async (list, cursor) => {
    const { status, body } = await page(list, { cursor })
    seen.add(status)
    if (status === 200) expect(body.items).toBeInstanceOf(Array)
    else expect(body).toMatchObject({ status: 400, code: 'invalid_request' })
  })
  await fc.assert(holds, { numRuns: isLong ? 2000 : 200 })
  expect(seen).toEqual(new Set([200, 400]))

  for (let i = 0; i < 5; i++) await openDesk(sparekey, app).account()
  const all = (await page(['accounts?', app.secret], { limit: '100' })).body
  const found: Json[] = []
  let cursor: string | undefined
  do {
    const { body } = await page(['accounts?', app.secret], { limit: '2', ...(cursor ? { cursor } : {}) })
    found.push(...body.items)
    cursor = body.nextCursor ?? undefined
  } while (cursor && found.length < 100)
  expect(found.slice(0, 100)).toEqual(all.items)
  expect(found.length).toBeGreaterThan(5)
})

test('control: a 5xx, a status or a member that is not documented is caught', async () => {
  const list = operations.find(({ id }) => id === 'listAccounts') as Operation
  const changes: Parameters<typeof behind>[1][] = [
    (_, answer) => ({ ...answer, status: 500 }),
    (_, answer) => ({ ...answer, status: 418 }),
    (_, answer) => ({ ...answer, body: answer.body.replaceAll(/\.\d{3}Z"/g, ' UTC"') }),
    (_, answer) => ({
      ...answer,
      body: answer.body.replace('"nextCursor"', '"next"').replace('"code"', '"kind"'),
    }),
    (_, answer) => ({
      ...answer,
      body: answer.body.replace(/"items":\[/, '"items":[1,').replace('"status":4', '"status":"4'),
    }),
  ]
  for (const change of changes) {
    const broken = await behind(sparekey.url, change)
    expect(await faultsOf(broken.url, list, 20)).not.toEqual([])
    broken.close()
  }
})

test('a dialect call too many, or with a body of another type, is answered as the document says', async () => {
  await furnish()
  const calls = operations.filter(isDialect)
  const faults: (string | undefined)[] = []
  const make = (operation: Operation) => {
    const sent = makeRequest(operation, true)
    for (const name of ['authorization', 'x-access-token', 'requesttoken', 'et-app-key'])
      sent.headers[name] = name === 'authorization' ? `Bearer ${app.secret}` : app.secret
    return sent
  }
  for (const operation of calls.filter(({ body, method }) => body && method !== 'GET')) {
    const sent = make(operation)
    sent.headers['content-type'] = 'text/plain'
    faults.push(await fault(sparekey.url, operation, { ...sent, body: '{"a": 1}' }))
  }
  const few = { limits: { ...noLimits, perKeyMinute: 1, perAddressMinute: 1 } }
  await sparekey.call('PATCH', `/v1/applications/${app.id}`, { key: sparekey.adminKey, body: few })
  for (const operation of calls) {
    const { id } = operation
    answered.delete(id)
    // Some are refused for what is in them, and the first few come before the new limit is known.
    for (let left = 1000; left > 0 && !answered.get(id)?.has(429); left--)
      faults.push(await fault(sparekey.url, operation, make(operation)))
    expect(answered.get(id), id).toContain(429)
  }
  expect(faults.filter(Boolean), `SECURITY_SEED=${random.seed}`).toEqual([])
  expect(calls.length).toBeGreaterThan(20)
})
