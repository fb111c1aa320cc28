import { afterAll, beforeAll, expect, test } from 'vitest'
import { backends, codeOf, type Sparekey, startSparekey } from '../support/sparekey.ts'
import { type Desk, goodPassword, noLimits, openDesk } from './support/desk.ts'
import { behind } from './support/stand-in.ts'
import { askOnce, requestText } from './support/wire.ts'

let sparekey: Sparekey
let desk: Desk
let nileCookies: string
const people: Record<string, string> = {}

beforeAll(async () => {
  sparekey = await startSparekey({ backend: backends[0] })
  const app = await sparekey.application({
    redirectOrigins: ['https://app.example.com'],
    limits: { ...noLimits, perRecipientHour: 1 },
  })
  desk = openDesk(sparekey, app)

  // All logins have one length, since an answer may hold the login that was typed.
  for (const login of ['known', 'limit', 'twice', 'quiet']) {
    people[login] = `${login}@example.com`
    await desk.account({ login: people[login], email: people[login] })
  }
  people.alien = 'alien@example.com'
  const listed = { key: app.secret, body: { address: people.quiet } }
  expect((await sparekey.call('POST', '/v1/suppressions', listed)).status).toBe(201)
  const limited = await desk.ask(people.limit ?? '')
  await desk.ask(people.twice ?? '')
  await sparekey.mail(people.limit ?? '')
  await sparekey.mail(people.twice ?? '')
  await desk.age(limited.body.id)
  const csrf = await fetch(`${sparekey.url}/compat/nile/v2/databases/${app.slug}/auth/csrf`)
  nileCookies = csrf.headers
    .getSetCookie()
    .map(cookie => cookie.split(';')[0])
    .join('; ')
})
afterAll(() => sparekey?.close())

const json = { 'Content-Type': 'application/json' }
type Door = (login: string) => { line: string; headers: Record<string, string>; body: string }
const doors: Record<string, Door> = {
  'POST /v1/reset-requests': login => ({
    line: 'POST /v1/reset-requests',
    headers: { ...json, Authorization: `Bearer ${desk.app.publishable}` },
    body: JSON.stringify({ login }),
  }),
  'the hosted page': login => ({
    line: `POST /forgot/${desk.app.slug}`,
    headers: { 'Content-Type': 'application/x-www-form-urlencoded', 'Sec-Fetch-Site': 'same-origin' },
    body: `login=${encodeURIComponent(login)}`,
  }),
  akinon: login => ({
    line: 'POST /compat/akinon/api/v1/auth/generate-reset-token',
    headers: { ...json, Authorization: `Bearer ${desk.app.secret}` },
    body: JSON.stringify({ username: login }),
  }),
  payabli: login => ({
    line: 'POST /compat/payabli/api/User/authreset',
    headers: { ...json, requestToken: desk.app.secret },
    body: JSON.stringify({ email: login }),
  }),
  nile: login => ({
    line: `POST /compat/nile/v2/databases/${desk.app.slug}/auth/reset-password`,
    headers: { ...json, Cookie: nileCookies },
    body: JSON.stringify({
      email: login,
      redirectUrl: 'https://app.example.com/in',
      callbackUrl: 'https://app.example.com/in',
    }),
  }),
  platform: login => ({
    line: `POST /compat/platform/api/account/${encodeURIComponent(login)}/passwordresettoken`,
    headers: json,
    body: JSON.stringify({ SubdomainName: desk.app.slug }),
  }),
  autoshares: login => ({
    line: 'POST /compat/autoshares/api/v1.0/users/password/reset',
    headers: { ...json, 'Et-App-Key': desk.app.secret },
    body: JSON.stringify({ User: login }),
  }),
}

/** Answers byte for byte, headers and their order too, but for ids, the date and the login that was typed. */
const masked = (answer: string, typed = '') =>
  answer
    .replaceAll(/\breq_[0-9a-z]{26}/g, 'req_…')
    .replace(/^(x-request-id|date): .*$/gim, '$1: …')
    .replaceAll(/"requestId":"call_\w{26}"/g, '"requestId":"…"')
    .replaceAll(typed || '\0', 'typed')

async function answersAt(url: string, door: Door): Promise<{ statuses: string[]; different: number }> {
  const answers: string[] = []
  for (const login of Object.values(people)) {
    const { line, ...request } = door(login)
    answers.push(masked(await askOnce(url, requestText(line, request)), login))
  }
  return { statuses: answers.map(text => text.slice(9, 12)), different: new Set(answers).size }
}

test.each(Object.keys(doors))(
  'known, unknown, suppressed, over-limit and doubled logins get the same bytes from %s',
  async name => {
    const { statuses, different } = await answersAt(sparekey.url, doors[name] as Door)
    expect(Number(statuses[0])).toBeLessThan(300)
    expect(different).toBe(1)
  },
)

test('the five kinds of login above did end differently inside', async () => {
  for (const [kind, outcome] of [
    ['alien', 'no_account'],
    ['quiet', 'suppressed'],
    ['limit', 'recipient_limit'],
    ['twice', 'duplicate'],
  ] as const) {
    const { body } = await desk.ask(people[kind] ?? '')
    const ended = await sparekey.status(body.id, desk.app.secret, 'ignored')
    expect([kind, ended.reason]).toEqual([kind, outcome])
  }
})

test('control: a header more, a space more or another order for one of them is caught', async () => {
  const door = doors['POST /v1/reset-requests'] as Door
  const isKnown = (body: string) => body.includes(people.known ?? '')
  const leaks: Parameters<typeof behind>[1][] = [
    ({ body }, answer) => (isKnown(body) ? { ...answer, headers: { ...answer.headers, via: 'x' } } : answer),
    ({ body }, answer) => (isKnown(body) ? { ...answer, body: `${answer.body} ` } : answer),
    ({ body }, answer) =>
      isKnown(body)
        ? { ...answer, headers: Object.fromEntries(Object.entries(answer.headers).reverse()) }
        : answer,
  ]
  for (const leak of [(_: unknown, answer: Parameters<(typeof leaks)[0]>[1]) => answer, ...leaks]) {
    const leaky = await behind(sparekey.url, leak)
    const { different } = await answersAt(leaky.url, door)
    leaky.close()
    expect(different).toBe(leaks.includes(leak) ? 2 : 1)
  }
})

/** One request's token and code, in each way of not working any more. */
async function deadSecrets() {
  const sql = sparekey.sql
  const fresh = async () => {
    const { id, token, mail } = await desk.mailed()
    return { id, token, code: codeOf(mail) }
  }
  const used = await fresh()
  expect((await desk.complete(used.token)).status).toBe(200)
  const expired = await fresh()
  await sql`update reset_requests set expires_at = now() - interval '1 second', code_expires_at = now() - interval '1 second' where id = ${expired.id}`
  const voided = await fresh()
  await sparekey.call('POST', `/v1/reset-requests/${voided.id}/cancel`, { key: desk.app.secret })
  const unknown = { id: `req_${'0'.repeat(26)}`, token: 'A'.repeat(43), code: '00000000' }
  return { unknown, used, expired, voided }
}

type Dead = { id: string; token: string; code: string }
const verbs: Record<string, (dead: Dead) => { line: string; body: string }> = {
  peek: ({ token }) => ({ line: 'POST /v1/reset-tokens/peek', body: JSON.stringify({ token }) }),
  exchange: ({ id, code }) => ({
    line: 'POST /v1/reset-codes/exchange',
    body: JSON.stringify({ requestId: id, code }),
  }),
  complete: ({ token }) => ({
    line: 'POST /v1/password-resets',
    body: JSON.stringify({ token, password: goodPassword }),
  }),
  'complete with a weak password': ({ token }) => ({
    line: 'POST /v1/password-resets',
    body: JSON.stringify({ token, password: 'x' }),
  }),
  redeem: ({ token }) => ({ line: 'POST /v1/reset-tokens/redeem', body: JSON.stringify({ token }) }),
}

test('unknown, used, expired and voided secrets look the same to each verb; a leaky one is caught', async () => {
  const dead = await deadSecrets()
  const headers = { ...json, Authorization: `Bearer ${desk.app.secret}` }
  const look = async (url: string, verb: (typeof verbs)[string]) => {
    const answers: string[] = []
    for (const each of Object.values(dead)) {
      const { line, body } = verb(each)
      answers.push(masked(await askOnce(url, requestText(line, { headers, body }))))
    }
    return answers
  }
  for (const [name, verb] of Object.entries(verbs)) {
    const answers = await look(sparekey.url, verb)
    expect(answers[0], name).toContain('token_unusable')
    expect(new Set(answers).size, name).toBe(1)
  }
  const leaky = await behind(sparekey.url, ({ body }, answer) =>
    body.includes(dead.expired.token) ? { ...answer, body: answer.body.replace('unknown, ', '') } : answer,
  )
  expect(new Set(await look(leaky.url, verbs.peek as (typeof verbs)[string])).size).toBe(2)
  leaky.close()
})

test('a wrong code writes the same for a request of a known and of an unknown login', async () => {
  const { id: known, person } = await desk.mailed()
  const { body } = await desk.ask('nobody.at.all@example.com')
  await sparekey.status(body.id, desk.app.secret, 'ignored')
  /** Which rows a call writes: the request's, and the one that the breaker counts in. */
  const written = async (id: string, call: () => Promise<{ status: number }>) => {
    const versions = async () =>
      (
        await sparekey.sql`select xmin::text as version from reset_requests where id = ${id}
          union all (select wrong_exchanges::text from code_guesses where application_id = ${desk.app.id}
          order by hour desc limit 1)`
      ).map(({ version }) => version)
    const before = await versions()
    expect((await call()).status).toBe(410)
    const after = await versions()
    return after.map((version, i) => version !== before[i])
  }
  const onPage = (login: string) =>
    fetch(`${sparekey.url}/reset/code`, {
      method: 'POST',
      headers: { 'sec-fetch-site': 'same-origin' },
      body: new URLSearchParams({ application: desk.app.slug, login, code: '00000000' }),
    })
  for (const [id, login] of [
    [known, person.login],
    [body.id, 'nobody.at.all@example.com'],
  ]) {
    expect(await written(id, () => desk.exchange(id, '00000000'))).toEqual([true, true])
    expect(await written(id, () => onPage(login))).toEqual([true, true])
  }
})

test('what waits is not told to strangers: through a proxy /metrics is an unknown path, but for the operator', async () => {
  const get = async (path: string, headers: Record<string, string> = {}) =>
    masked(await askOnce(sparekey.url, requestText(`GET ${path}`, { headers })))
  const proxied = { 'X-Forwarded-For': '198.41.0.4' }
  expect(await get('/metrics', proxied)).toBe(await get('/nothing', proxied))
  const guessing = { ...proxied, Authorization: `Bearer ${desk.app.secret}` }
  expect(await get('/metrics', guessing)).toBe(await get('/nothing', guessing))
  const operator = { ...proxied, Authorization: `Bearer ${sparekey.adminKey}` }
  for (const headers of [{}, operator])
    expect(await get('/metrics', headers)).toContain('sparekey_waiting_requests')
})
