import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { backends, codeOf, type Sparekey, startSparekey, tokenOf } from './support/sparekey.ts'

const password = 'violet kayak hums at dawn'

describe.each(backends)('the story, queues on %s', backend => {
  let sparekey: Sparekey
  let app: Awaited<ReturnType<Sparekey['application']>>
  let people = 0

  beforeAll(async () => {
    sparekey = await startSparekey({ backend })
    app = await sparekey.application({ redirectOrigins: ['https://app.example.com'] })
  })
  afterAll(() => sparekey?.close())

  const post = (body: object, headers = {}) =>
    sparekey.call('POST', '/v1/reset-requests', { key: app.publishable, body, headers })
  const peek = (token: string) => sparekey.call('POST', '/v1/reset-tokens/peek', { body: { token } })
  const complete = (token: string, text = password) =>
    sparekey.call('POST', '/v1/password-resets', { body: { token, password: text } })
  const verify = async (login: string, text: string) =>
    (await sparekey.call('POST', '/v1/accounts/verify', { key: app.secret, body: { login, password: text } }))
      .body

  async function account(input: object = {}) {
    const email = `person${++people}@example.com`
    const answer = await sparekey.call('POST', '/v1/accounts', {
      key: app.secret,
      body: { login: email, email, ...input },
    })
    expect(answer.status).toBe(201)
    return { ...answer.body, email } as { id: string; login: string; email: string }
  }

  async function mailed(body: object = {}, input: object = {}) {
    const person = await account(input)
    const { body: accepted } = await post({ login: person.login, ...body })
    const mail = await sparekey.mail(person.email)
    await sparekey.status(accepted.id, app.secret, 'sent')
    return { person, id: accepted.id as string, mail, token: tokenOf(mail) }
  }

  test('a posted request becomes a mail, its link a new password, and the person is told', async () => {
    const { person, id, token } = await mailed({ redirectUrl: 'https://app.example.com/in' })
    const looked = await peek(token)
    expect(looked).toMatchObject({
      status: 200,
      body: { application: { name: 'Acme' }, login: 'p•••@example.com' },
    })
    const left = Date.parse(looked.body.expiresAt) - Date.now()
    expect(left).toBeGreaterThan(29 * 60_000)
    expect(left).toBeLessThanOrEqual(30 * 60_000 + 1000)

    expect(await complete(token)).toMatchObject({
      status: 200,
      body: { status: 'used', redirectUrl: 'https://app.example.com/in' },
    })
    expect(await verify(person.login, password)).toEqual({ valid: true })
    expect(await verify(person.login, 'another password')).toEqual({ valid: false })
    const notice = await sparekey.mail(person.email, 1)
    expect(notice.text).not.toContain(password)
    expect(notice.subject).toMatch(/password/i)

    for (const used of [await peek(token), await complete(token)]) {
      expect(used).toMatchObject({ status: 410, body: { code: 'token_unusable' } })
    }
    const request = await sparekey.status(id, app.secret, 'used')
    expect(request.timeline.map((entry: { type: string }) => entry.type)).toEqual(
      expect.arrayContaining(['accepted', 'minted', 'sent', 'used']),
    )
    expect(request.mails.map((mail: { kind: string }) => mail.kind)).toEqual(['reset', 'notice'])
  })

  test('the answer is 202 with a Location, alike for an unknown login, which gets no mail', async () => {
    const { person } = await mailed()
    const answers = [await post({ login: 'nobody@example.com' }), await post({ login: person.login })]
    const shapes = answers.map(({ status, body, headers }) => {
      expect(headers.get('location')).toBe(`/v1/reset-requests/${body.id}`)
      return { status, keys: Object.keys(body), is: body.status }
    })
    expect(shapes[0]).toEqual({ status: 202, keys: ['id', 'status'], is: 'accepted' })
    expect(shapes[1]).toEqual(shapes[0])
    const unknown = await sparekey.status(answers[0]?.body.id, app.secret, 'ignored')
    expect(unknown.reason).toBe('no_account')
    expect(sparekey.mails('nobody@example.com')).toEqual([])
  })

  test('requests doubled within a minute become one mail', async () => {
    const person = await account()
    const answers = await Promise.all(Array.from({ length: 5 }, () => post({ login: person.login })))
    const ended = await Promise.all(
      answers.map(({ body }) => sparekey.status(body.id, app.secret, 'sent', 'ignored')),
    )
    expect(ended.map(({ status }) => status).sort()).toEqual([
      'ignored',
      'ignored',
      'ignored',
      'ignored',
      'sent',
    ])
    expect(sparekey.mails(person.email)).toHaveLength(1)
  })

  test('a person gets at most five mails an hour, silently', async () => {
    const person = await account()
    const statuses: string[] = []
    for (let i = 0; i < 7; i++) {
      const { status, body } = await post({ login: person.login })
      expect(status).toBe(202)
      const ended = await sparekey.status(body.id, app.secret, 'sent', 'ignored')
      statuses.push(ended.reason ?? ended.status)
      await sparekey.sql`update reset_requests set created_at = created_at - interval '2 minutes' where id = ${body.id}`
    }
    expect(statuses).toEqual(['sent', 'sent', 'sent', 'sent', 'sent', 'recipient_limit', 'recipient_limit'])
    expect(sparekey.mails(person.email)).toHaveLength(5)
  })

  test('a newer request replaces the older link', async () => {
    const { person, id, token } = await mailed()
    await sparekey.sql`update reset_requests set created_at = created_at - interval '2 minutes' where id = ${id}`
    await post({ login: person.login })
    const newer = await sparekey.mail(person.email, 1)
    await sparekey.status(id, app.secret, 'replaced')
    expect((await peek(token)).status).toBe(410)
    expect((await peek(tokenOf(newer))).status).toBe(200)
  })

  test('of 50 parallel completions with one token exactly one succeeds', async () => {
    const { token } = await mailed()
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, i) => complete(token, `${password} ${i}`)),
    )
    expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array(49).fill(410)])
  })

  test('a refused password says why and uses nothing up', async () => {
    const { person, token } = await mailed()
    expect(await complete(token, 'short')).toMatchObject({ status: 422, body: { code: 'password_refused' } })
    const alike = await complete(token, person.login)
    expect(alike.body.reasons).toContain('like_login')
    expect((await complete(token)).status).toBe(200)
  })

  test("a link works until its last second by the database's clock, and not after", async () => {
    const { id, token } = await mailed()
    await sparekey.sql`update reset_requests set expires_at = now() + interval '5 seconds' where id = ${id}`
    expect((await peek(token)).status).toBe(200)
    await sparekey.sql`update reset_requests set expires_at = now() - interval '1 second' where id = ${id}`
    expect((await peek(token)).status).toBe(410)
    expect((await complete(token)).status).toBe(410)
  })

  test('once the mail is out, database and key together give no token', async () => {
    const { id, token } = await mailed()
    const [row] = await sparekey.sql`select seed, token_digest from reset_requests where id = ${id}`
    expect(row?.seed).toBeNull()
    expect(row?.token_digest).toHaveLength(32)
    const all = await sparekey.sql`select row_to_json(r)::text as text from reset_requests r`
    expect(all.map(({ text }) => text).join()).not.toContain(token)
  })

  test('a code is exchanged for a token once', async () => {
    const { id, mail, token: mailedToken } = await mailed()
    const exchange = (code: string) =>
      sparekey.call('POST', '/v1/reset-codes/exchange', {
        key: app.publishable,
        body: { requestId: id, code },
      })
    const code = codeOf(mail)
    const first = await exchange(code)
    expect(first.status).toBe(200)
    expect((await exchange(code)).status).toBe(410)
    expect((await peek(mailedToken)).status).toBe(410)
    expect((await complete(first.body.token)).status).toBe(200)
  })

  test('after five wrong tries, parallel ones too, the right code is refused and the link still works', async () => {
    const { id, mail, token } = await mailed()
    const code = codeOf(mail)
    const exchange = (text: string) =>
      sparekey.call('POST', '/v1/reset-codes/exchange', {
        key: app.publishable,
        body: { requestId: id, code: text },
      })
    const wrong = String((Number(code) + 1) % 10 ** 8).padStart(8, '0')
    await Promise.all(Array.from({ length: 12 }, () => exchange(wrong)))
    const [row] = await sparekey.sql`select code_tries from reset_requests where id = ${id}`
    expect(row?.code_tries).toBe(5)
    expect((await exchange(code)).status).toBe(410)
    expect((await peek(token)).status).toBe(200)
  })

  test('cancel voids the link; resend mails a new one and voids the old', async () => {
    const { person, id, token } = await mailed()
    const again = await sparekey.call('POST', `/v1/reset-requests/${id}/resend`, { key: app.secret })
    expect(again.status).toBe(200)
    const second = tokenOf(await sparekey.mail(person.email, 1))
    expect(second).not.toBe(token)
    expect((await peek(token)).status).toBe(410)
    await sparekey.status(id, app.secret, 'sent')
    expect((await peek(second)).status).toBe(200)
    const cancelled = await sparekey.call('POST', `/v1/reset-requests/${id}/cancel`, { key: app.secret })
    expect(cancelled.body.status).toBe('cancelled')
    expect((await peek(second)).status).toBe(410)
  })

  test("another application's key sees nothing of it", async () => {
    const { id, token } = await mailed()
    const other = await sparekey.application({ name: 'Other' })
    const calls = [
      await sparekey.call('GET', `/v1/reset-requests/${id}`, { key: other.secret }),
      await sparekey.call('POST', `/v1/reset-requests/${id}/cancel`, { key: other.secret }),
      await sparekey.call('POST', '/v1/reset-tokens/peek', { key: other.publishable, body: { token } }),
      await sparekey.call('POST', '/v1/reset-tokens/redeem', { key: other.secret, body: { token } }),
    ]
    expect(calls.map(({ status }) => status)).toEqual([404, 404, 410, 410])
    expect((await peek(token)).status).toBe(200)
  })

  test('redeem uses a token up and tells whose it was; a caller names the recipient itself', async () => {
    const own = await sparekey.application({
      name: 'Caller',
      directory: 'caller',
      resetUrl: 'https://app.example.com/reset#{token}',
    })
    const email = `caller${++people}@example.com`
    const { status, body } = await sparekey.call('POST', '/v1/reset-requests', {
      key: own.secret,
      body: { login: 'anna', recipient: { id: 'user-7', email, name: 'Anna' } },
    })
    expect(status).toBe(202)
    const mail = await sparekey.mail(email)
    expect(mail.text).toContain('https://app.example.com/reset#')
    const token = tokenOf(mail)
    expect((await complete(token)).status).toBe(400)
    const redeem = () =>
      sparekey.call('POST', '/v1/reset-tokens/redeem', { key: own.secret, body: { token } })
    expect(await redeem()).toMatchObject({
      status: 200,
      body: { requestId: body.id, account: { id: 'user-7', login: 'anna' } },
    })
    expect((await redeem()).status).toBe(410)
  })

  test('an Idempotency-Key gives the first answer again, one mail, and refuses another body', async () => {
    const person = await account()
    const headers = { 'idempotency-key': `order-${person.id}` }
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => post({ login: person.login }, headers)),
    )
    expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1)
    expect(answers.every(({ status }) => status === 202)).toBe(true)
    expect(await post({ login: 'else@example.com' }, headers)).toMatchObject({
      status: 422,
      body: { code: 'idempotency_mismatch' },
    })
    await sparekey.status(answers[0]?.body.id, app.secret, 'sent')
    expect(sparekey.mails(person.email)).toHaveLength(1)
  })

  test("the mail speaks the request's language, else the account's", async () => {
    const german = await mailed({}, { locale: 'de' })
    expect(german.mail.subject).toMatch(/Passwort/)
    const english = await mailed({ locale: 'en-GB' }, { locale: 'de' })
    expect(english.mail.subject).toMatch(/password/i)
  })

  test('what a link needs never comes from the request: Host and forwarding headers change nothing', async () => {
    const { mail } = await mailed()
    const person = await account()
    await post({ login: person.login }, { 'x-forwarded-host': 'evil.test', forwarded: 'host=evil.test' })
    const other = await sparekey.mail(person.email)
    for (const { text } of [mail, other]) expect(text).toContain(`${sparekey.url}/reset/acme#`)
  })
})
