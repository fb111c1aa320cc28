import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { solveChallenge } from 'altcha-lib'
import { deriveKey } from 'altcha-lib/algorithms/sha'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openBrowser, shoot } from './support/browser.ts'
import { backends, type Json, type Sparekey, startSparekey, until } from './support/sparekey.ts'

type Backend = (typeof backends)[number]
const path = '/v1/reset-requests'
const encode = (payload: object) => Buffer.from(JSON.stringify(payload)).toString('base64')

/** Solves a challenge as ALTCHA's own library does. */
async function solve(challenge: Json): Promise<{ challenge: Json; solution: Json }> {
  const solution = await solveChallenge({ challenge, deriveKey })
  if (!solution) throw new Error('the challenge was not solved')
  return { challenge, solution }
}

describe.each(backends)('proof of work, queues on %s', (backend: Backend) => {
  let sparekey: Sparekey
  let app: Awaited<ReturnType<Sparekey['application']>>
  beforeAll(async () => {
    sparekey = await startSparekey({ backend })
    app = await sparekey.application({ humanProof: { kind: 'altcha' } })
  })
  afterAll(() => sparekey?.close())

  const challenge = async (key = app.publishable) => {
    const { status, body } = await sparekey.call('GET', '/v1/human-challenges', { key })
    expect(status).toBe(200)
    return body
  }
  const ask = (humanProof?: string, more: { key?: string; headers?: Record<string, string> } = {}) =>
    sparekey.call('POST', path, {
      key: app.publishable,
      body: { login: 'nobody@example.com', ...(humanProof === undefined ? {} : { humanProof }) },
      ...more,
    })
  const refused = { status: 403, body: { code: 'human_proof_required' } }
  const rows = async () =>
    (
      await sparekey.sql`select count(*)::int as count from reset_requests where application_id = ${app.id}`
    )[0]?.count as number

  test('a publishable key needs it, a secret key does not, and the refusal writes no row', async () => {
    const before = await rows()
    expect(await ask()).toMatchObject(refused)
    expect(await rows()).toBe(before)
    expect((await ask(undefined, { key: app.secret })).status).toBe(202)
    const payload = await solve(await challenge())
    expect((await ask(encode(payload))).status).toBe(202)
    expect(await rows()).toBe(before + 2)
  })

  test('one that was shown before is refused, however it is spelt, and parallel ones let one through', async () => {
    const { challenge: posed, solution } = await solve(await challenge())
    const spellings = [
      { challenge: posed, solution },
      { solution: { ...solution, time: 1 }, challenge: posed },
    ]
    const answers = await Promise.all([...spellings, ...spellings].map(each => ask(encode(each))))
    expect(answers.map(({ status }) => status).sort()).toEqual([202, 403, 403, 403])
    expect(await ask(encode({ challenge: posed, solution }))).toMatchObject(refused)
  })

  test('a repeated call with the same Idempotency-Key is the same call, with its proof or a new one', async () => {
    const proof = encode(await solve(await challenge()))
    const headers = { 'idempotency-key': `again-${backend}` }
    const first = await ask(proof, { headers })
    expect(first.status).toBe(202)
    expect((await ask(proof, { headers })).body).toEqual(first.body)
    expect((await ask(encode(await solve(await challenge())), { headers })).body).toEqual(first.body)
    expect(await ask(proof, { headers: { 'idempotency-key': 'another' } })).toMatchObject(refused)
  })

  test("forged, unsolved, expired and other applications' ones are refused", async () => {
    const fine = await solve(await challenge())
    const { parameters, signature } = fine.challenge
    const easier = { challenge: { parameters: { ...parameters, keyPrefix: '00' }, signature }, solution: {} }
    easier.solution = (await solve(easier.challenge)).solution
    const later = {
      ...fine,
      challenge: { parameters: { ...parameters, expiresAt: 4_000_000_000 }, signature },
    }
    const unsolved = { ...fine, solution: { ...fine.solution, counter: fine.solution.counter + 1 } }
    const bare = { challenge: { parameters, signature: '0'.repeat(64) }, solution: fine.solution }
    const other = await sparekey.application({ humanProof: { kind: 'altcha' } })
    const foreign = await solve(await challenge(other.publishable))
    for (const [name, payload] of Object.entries({ easier, later, unsolved, bare, foreign }))
      expect(await ask(encode(payload)), name).toMatchObject(refused)
    for (const text of ['x', encode({}), encode([]), encode({ challenge: null }), '🙂'])
      expect(await ask(text), text).toMatchObject(refused)
    // The control: what they were made of works.
    expect((await ask(encode(fine))).status).toBe(202)
  })

  test('known and unknown logins are refused and let in alike', async () => {
    const login = `known.${backend}@example.com`
    await sparekey.call('POST', '/v1/accounts', { key: app.secret, body: { login, email: login } })
    const looks = async (login: string, humanProof?: string) => {
      const { status, body } = await sparekey.call('POST', path, {
        key: app.publishable,
        body: { login, humanProof },
      })
      return { status, ...body, id: undefined, requestId: undefined }
    }
    expect(await looks(login)).toEqual(await looks('unknown@example.com'))
    const proofs = [encode(await solve(await challenge())), encode(await solve(await challenge()))]
    expect(await looks(login, proofs[0])).toEqual(await looks('unknown@example.com', proofs[1]))
  })

  test('the hosted form brings it in a real browser, with no request to anybody else', async () => {
    const login = `browser.${backend}@example.com`
    await sparekey.call('POST', '/v1/accounts', { key: app.secret, body: { login, email: login } })
    const browser = await openBrowser()
    try {
      const page = await browser.newPage({ locale: 'de-DE' })
      const foreign: string[] = []
      const complaints: string[] = []
      page.on('request', request => {
        if (new URL(request.url()).origin !== sparekey.url) foreign.push(request.url())
      })
      page.on('console', message => {
        if (/Content Security Policy|Uncaught/.test(message.text())) complaints.push(message.text())
      })
      page.on('pageerror', error => complaints.push(String(error)))
      await page.goto(`${sparekey.url}/forgot/${app.slug}`)
      await page.locator('[data-state=verified]').waitFor()
      expect(await page.locator('altcha-widget').innerText()).toContain('Geprüft')
      if (backend === 'redis') await shoot(page, 'human-proof')
      await page.locator('#login').fill(login)
      await page.locator('button[type=submit]').click()
      await page.getByText('Sehen Sie in Ihr Postfach').waitFor()
      expect((await sparekey.mail(login)).subject).toContain('Acme')
      expect([...foreign, ...complaints]).toEqual([])
    } finally {
      await browser.close()
    }
  })

  test('a form without it comes back and sends nothing', async () => {
    const before = await rows()
    const form = await fetch(`${sparekey.url}/forgot/${app.slug}`, {
      method: 'POST',
      headers: { origin: sparekey.url, 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({ login: 'anna@example.com' }),
    })
    expect(form.status).toBe(403)
    expect(await form.text()).toContain('anna@example.com')
    expect(await rows()).toBe(before)
  })
})

test('a challenge works for ten minutes and not longer', async () => {
  const sparekey = await startSparekey({ worker: false })
  try {
    const app = await sparekey.application({ humanProof: { kind: 'altcha' } })
    const key = app.publishable
    const { body: posed } = await sparekey.call('GET', '/v1/human-challenges', { key })
    const left = posed.parameters.expiresAt - Date.now() / 1000
    expect(left).toBeGreaterThan(590)
    expect(left).toBeLessThanOrEqual(600)
    const humanProof = encode(await solve(posed))
    const now = Date.now
    const ask = () => sparekey.call('POST', path, { key, body: { login: 'a@example.com', humanProof } })
    try {
      Date.now = () => now() + 601_000
      expect((await ask()).body.code).toBe('human_proof_required')
    } finally {
      Date.now = now
    }
    expect((await ask()).status).toBe(202)
  } finally {
    await sparekey.close()
  }
})

/** Stands in for a vendor's siteverify: says so in each answer, and keeps what it was asked. */
async function startVendor() {
  const asked: Record<string, string>[] = []
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += chunk
    const form = Object.fromEntries(new URLSearchParams(body))
    asked.push(form)
    const say = (answer: unknown) =>
      response
        .writeHead(200, { 'content-type': 'application/json', 'x-stand-in': 'yes' })
        .end(typeof answer === 'string' ? answer : JSON.stringify(answer))
    if (form.secret !== 'vendor-secret-5e1f')
      return say({ success: false, 'error-codes': ['invalid-input-secret'] })
    if (form.response === 'garbage') return say('<html>')
    if (form.response === 'long') return say(`"${'x'.repeat(100_000)}"`)
    if (form.response === 'moved') return response.writeHead(302, { location: '/elsewhere' }).end()
    if (form.response === 'cut') return response.destroy()
    if (form.response?.startsWith('good')) return say({ success: true, hostname: 'stand-in.example' })
    say({ success: false, 'error-codes': ['invalid-input-response'] })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/siteverify`
  return { url, asked, close: () => server.close() }
}

describe.each(['turnstile', 'hcaptcha'] as const)('%s, against a stand-in', kind => {
  let vendor: Awaited<ReturnType<typeof startVendor>>
  let sparekey: Sparekey
  const secret = 'vendor-secret-5e1f'
  const logged: unknown[] = []
  const note = (...line: unknown[]) => void logged.push(line)
  const log = { debug: note, info: note, warn: note, error: note }
  const humanProof = { kind, siteKey: 'site-key-1', secret }
  let app: Awaited<ReturnType<Sparekey['application']>>
  beforeAll(async () => {
    vendor = await startVendor()
    sparekey = await startSparekey({ log, siteverify: { turnstile: vendor.url, hcaptcha: vendor.url } })
    app = await sparekey.application({ humanProof })
  })
  afterAll(async () => {
    await sparekey?.close()
    vendor?.close()
  })
  const ask = async (humanProof?: string, key = app.publishable) => {
    const { status, body } = await sparekey.call('POST', path, {
      key,
      body: { login: 'a@example.com', humanProof },
    })
    return { status, code: body.code }
  }

  test('a good token is taken once, a wrong one and none are refused', async () => {
    expect(await ask('good-1')).toMatchObject({ status: 202 })
    expect(vendor.asked.at(-1)).toEqual({
      secret,
      response: 'good-1',
      sitekey: 'site-key-1',
      remoteip: '127.0.0.1',
    })
    for (const proof of ['good-1', 'wrong', undefined])
      expect(await ask(proof), proof).toEqual({ status: 403, code: 'human_proof_required' })
    expect(await ask(undefined, app.secret)).toMatchObject({ status: 202 })
  })

  test.each(['garbage', 'long', 'moved', 'cut'])('an answer that is %s lets nobody in', async answer => {
    expect(await ask(answer)).toEqual({ status: 503, code: 'unavailable' })
  })

  test('a wrong secret lets nobody in, and the one that is kept stays where a change leaves it out', async () => {
    const change = (body: object) =>
      sparekey.call('PATCH', `/v1/applications/${app.id}`, { key: sparekey.adminKey, body })
    await change({ humanProof: { ...humanProof, secret: 'another' } })
    expect(await ask('good-2')).toEqual({ status: 503, code: 'unavailable' })
    await change({ humanProof })
    const kept = await change({ humanProof: { kind, siteKey: 'site-key-2' } })
    expect(kept.body.humanProof).toEqual({ kind, siteKey: 'site-key-2' })
    expect(await ask('good-3')).toMatchObject({ status: 202 })
    expect(vendor.asked.at(-1)).toMatchObject({ secret, sitekey: 'site-key-2' })
    const other = kind === 'turnstile' ? 'hcaptcha' : 'turnstile'
    expect((await change({ humanProof: { kind: other, siteKey: 'x' } })).status).toBe(400)
    expect((await change({ humanProof: null })).body.humanProof).toBeUndefined()
    expect(await ask()).toMatchObject({ status: 202 })
    await change({ humanProof })
  })

  test('the secret stands in no answer, no log line, no audit entry and no row', async () => {
    const key = sparekey.adminKey
    const texts: unknown[] = []
    for (const at of [`/v1/applications/${app.id}`, '/v1/applications', '/v1/audit'])
      texts.push((await sparekey.call('GET', at, { key })).body)
    texts.push(await sparekey.sql`select * from applications`, await sparekey.sql`select * from audit_log`)
    expect(JSON.stringify(logged)).toContain('could not be checked')
    texts.push(logged)
    expect(JSON.stringify(texts)).toContain('humanProof')
    expect(JSON.stringify(texts)).not.toContain(secret)
  })

  test('the form opens its policy to the vendor alone, and no other page does', async () => {
    const policyOf = async (at: string) =>
      (await fetch(`${sparekey.url}${at}`)).headers.get('content-security-policy') ?? ''
    const hosts =
      kind === 'turnstile'
        ? 'https://challenges.cloudflare.com'
        : 'https://hcaptcha.com https://*.hcaptcha.com'
    const policy = await policyOf(`/forgot/${app.slug}`)
    expect(policy).toContain(`script-src 'self' ${hosts};`)
    expect(policy).toContain(`frame-src ${hosts};`)
    expect(policy.replaceAll(hosts, '')).not.toContain('https:')
    for (const at of [`/reset/${app.slug}`, `/forgot/${app.slug}/sent?request=req_1`])
      expect(await policyOf(at)).not.toContain('https:')
    const html = await (await fetch(`${sparekey.url}/forgot/${app.slug}`)).text()
    expect(html).toContain('data-sitekey="site-key-1"')
  })
})

test('a dialect is spoken to servers only where a proof is needed', async () => {
  const sparekey = await startSparekey({ worker: false })
  try {
    const app = await sparekey.application({ humanProof: { kind: 'altcha' } })
    const plain = await sparekey.application()
    const ask = async (key: string) => {
      const answer = await fetch(`${sparekey.url}/compat/akinon/api/v1/auth/generate-reset-token`, {
        method: 'POST',
        headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
        body: JSON.stringify({ username: 'nobody@example.com' }),
      })
      return answer.status
    }
    expect(await ask(plain.publishable)).toBe(201)
    expect(await ask(app.publishable)).toBe(401)
    expect(await ask(app.secret)).toBe(201)
  } finally {
    await sparekey.close()
  }
})

test('what was shown is forgotten when it is too old to be shown again', async () => {
  const sparekey = await startSparekey({ worker: false })
  try {
    const app = await sparekey.application({ humanProof: { kind: 'altcha' } })
    const { body: posed } = await sparekey.call('GET', '/v1/human-challenges', { key: app.publishable })
    const humanProof = encode(await solve(posed))
    await sparekey.call('POST', path, { key: app.publishable, body: { login: 'a@example.com', humanProof } })
    await sparekey.sql`update human_proofs set expires_at = expires_at - interval '3 hours'`
    await sparekey.startWorker()
    await until('it is forgotten', async () => {
      const [row] = await sparekey.sql`select count(*)::int as count from human_proofs`
      return row?.count === 0 || undefined
    })
  } finally {
    await sparekey.close()
  }
})
