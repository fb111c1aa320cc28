import { Webhook } from 'standardwebhooks'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Answer, faults, findFaults, startDirectoryServer } from './support/directory-server.ts'
import { backends, type Json, type Sparekey, startSparekey, tokenOf, until } from './support/sparekey.ts'

const password = 'violet kayak hums at dawn'
const env = { WEBHOOK_ALLOW: '127.0.0.1' }

describe.each(backends)('the http directory, queues on %s', backend => {
  let server: Awaited<ReturnType<typeof startDirectoryServer>>
  let sparekey: Sparekey
  let app: { id: string; slug: string; secret: string; publishable: string; directorySecret: string }
  let people = 0
  beforeAll(async () => {
    server = await startDirectoryServer()
    sparekey = await startSparekey({ backend, env })
    app = await make()
  })
  afterAll(async () => {
    await sparekey?.close()
    server?.close()
  })

  async function make(input: object = {}) {
    const { status, body } = await sparekey.call('POST', '/v1/applications', {
      key: sparekey.adminKey,
      body: { name: 'Acme', minPasswordLength: 8, directory: 'http', directoryUrl: server.origin, ...input },
    })
    expect(status).toBe(201)
    return { id: body.id, slug: body.slug, ...body.keys, directorySecret: body.directorySecret }
  }
  function person() {
    const login = `person${++people}`
    const email = `${login}.${backend}@example.com`
    server.people.set(login, { id: `id-${login}`, email, name: 'Anna' })
    return { login, email, id: `id-${login}` }
  }
  const ask = async (login: string, key = app.secret) =>
    (await sparekey.call('POST', '/v1/reset-requests', { key, body: { login } })).body.id as string
  const complete = (token: string, text = password) =>
    sparekey.call('POST', '/v1/password-resets', { body: { token, password: text } })
  const works = async (token: string) =>
    (await sparekey.call('POST', '/v1/reset-tokens/peek', { body: { token } })).status === 200

  test('the whole story: found, mailed, set, revoked and told, each call signed', async () => {
    const { login, email, id } = person()
    const requestId = await ask(login)
    const mail = await sparekey.mail(email)
    expect(mail.text).toContain('Anna')
    const token = tokenOf(mail)
    expect((await sparekey.call('POST', '/v1/reset-tokens/peek', { body: { token } })).body.login).toContain(
      '•',
    )
    expect((await complete(token, 'short')).body.code).toBe('password_refused')
    expect(server.asked('set_password').filter(({ data }) => data.accountId === id)).toEqual([])
    expect((await complete(token)).status).toBe(200)
    expect(server.people.get(login)?.password).toBe(password)
    expect((await complete(token)).status).toBe(410)
    const notice = await sparekey.mail(email, 1)
    expect(notice.subject).toContain('changed')
    await until('the end of the sessions', () =>
      server.asked('revoke_sessions').find(({ data }) => data.accountId === id),
    )
    await sparekey.status(requestId, app.secret, 'used')
    for (const { body, headers } of server.calls)
      expect(new Webhook(app.directorySecret).verify(body, headers)).toBeTruthy()
    const other = await make()
    expect(() =>
      new Webhook(other.directorySecret).verify(server.calls[0]?.body ?? '', server.calls[0]?.headers ?? {}),
    ).toThrow()
    for (const table of ['reset_requests', 'mails', 'webhook_deliveries', 'webhook_endpoints', 'audit_log'])
      expect(JSON.stringify(await sparekey.sql`select * from ${sparekey.sql(table)}`)).not.toContain(password)
  })

  test('a login that nobody has is answered alike and ignored; a doubled one is one mail', async () => {
    const nobody = await sparekey.call('POST', '/v1/reset-requests', {
      key: app.publishable,
      body: { login: 'nobody' },
    })
    const { login, email } = person()
    const known = await sparekey.call('POST', '/v1/reset-requests', { key: app.publishable, body: { login } })
    expect({ ...known.body, id: '' }).toEqual({ ...nobody.body, id: '' })
    expect(known.status).toBe(nobody.status)
    expect((await sparekey.status(nobody.body.id, app.secret, 'ignored')).reason).toBe('no_account')
    await sparekey.mail(email)
    expect((await sparekey.status(await ask(login), app.secret, 'ignored')).reason).toBe('duplicate')
    expect(sparekey.mails(email)).toHaveLength(1)
  })

  test('a person gets no more mails than the limits allow', async () => {
    const few = await make({ limits: { perRecipientHour: 1 } })
    const { login, email } = person()
    const first = await ask(login, few.secret)
    await sparekey.mail(email)
    await sparekey.sql`update reset_requests set created_at = created_at - interval '2 minutes' where id = ${first}`
    const second = await ask(login, few.secret)
    expect((await sparekey.status(second, few.secret, 'ignored')).reason).toBe('recipient_limit')
  })

  test.each(Object.keys(findFaults))(
    '%s when an account is asked for: asked again, nobody is lost',
    async name => {
      const { login, email } = person()
      server.answer('find_account', findFaults[name] as Answer)
      const id = await ask(login)
      const waiting = await until('the reason', async () => {
        const { body } = await sparekey.call('GET', `/v1/reset-requests/${id}`, { key: app.secret })
        return body.reason === undefined ? undefined : body
      })
      expect(waiting).toMatchObject({
        status: 'accepted',
        reason: expect.stringContaining('the directory: '),
      })
      await sparekey.mail(email)
      expect((await sparekey.status(id, app.secret, 'sent')).reason).toBeUndefined()
      expect(server.asked('find_account').filter(({ data }) => data.login === login)).toHaveLength(2)
    },
  )

  test.each(Object.keys(faults))('%s when a password is set: 503, and the token works on', async name => {
    const { login, email, id } = person()
    await ask(login)
    const token = tokenOf(await sparekey.mail(email))
    server.answer('set_password', faults[name] as Answer)
    expect((await complete(token)).body.code).toBe('unavailable')
    expect(await works(token)).toBe(true)
    expect(server.people.get(login)?.password).toBeUndefined()
    expect((await complete(token)).status).toBe(200)
    expect(server.people.get(login)?.password).toBe(password)
    const calls = server.asked('set_password').filter(({ data }) => data.accountId === id)
    // So that a server that remembers ids sets the second one too.
    expect(new Set(calls.map(({ headers }) => headers['webhook-id'])).size).toBe(2)
  })

  test('of parallel completions with one token one sets its password and no other is set', async () => {
    const { login, email, id } = person()
    await ask(login)
    const token = tokenOf(await sparekey.mail(email))
    const answers = await Promise.all(
      Array.from({ length: 12 }, async (_, i) => ({ i, ...(await complete(token, `${password} ${i}`)) })),
    )
    const won = answers.filter(({ status }) => status === 200)
    expect(won).toHaveLength(1)
    for (const { status } of answers) expect([200, 410, 503]).toContain(status)
    expect(server.asked('set_password').filter(({ data }) => data.accountId === id)).toHaveLength(1)
    expect(server.people.get(login)?.password).toBe(`${password} ${won[0]?.i}`)
  })

  test('a crash after the server set it leaves the token, and the next try ends everything', async () => {
    const { login, email, id } = person()
    await ask(login)
    const token = tokenOf(await sparekey.mail(email))
    server.answer('set_password', async response => {
      // A query of postgres.js runs once, however often it is awaited: hence a function.
      const waiting = () => sparekey.sql`select pid from pg_stat_activity
        where datname = current_database() and state = 'idle in transaction'`
      const killed = await sparekey.sql`select pg_terminate_backend(pid) from (${waiting()}) waiting`
      await until('the connection is gone', async () => (await waiting()).length === 0 || undefined)
      response.writeHead(killed.length > 0 ? 200 : 500).end()
    })
    expect((await complete(token)).status).toBe(503)
    expect(await works(token)).toBe(true)
    expect(sparekey.mails(email)).toHaveLength(1)
    expect((await complete(token)).status).toBe(200)
    await sparekey.mail(email, 1)
    await until('the end of the sessions', () =>
      server.asked('revoke_sessions').find(({ data }) => data.accountId === id),
    )
  })

  test('an account that is gone by then is no account, and a redeemed token names it', async () => {
    const { login, email, id } = person()
    await ask(login)
    const token = tokenOf(await sparekey.mail(email))
    const known = server.people.get(login)
    server.people.delete(login)
    expect((await complete(token)).status).toBe(410)
    if (known) server.people.set(login, known)
    const redeemed = await sparekey.call('POST', '/v1/reset-tokens/redeem', {
      key: app.secret,
      body: { token },
    })
    expect(redeemed.body.account).toEqual({ id, login })
  })

  test('the end of the sessions is told until it is taken, a 410 included, with one id', async () => {
    const { login, email, id } = person()
    await ask(login)
    const token = tokenOf(await sparekey.mail(email))
    for (const status of [500, 410])
      server.answer('revoke_sessions', response => response.writeHead(status).end())
    expect((await complete(token)).status).toBe(200)
    const told = () => server.asked('revoke_sessions').filter(({ data }) => data.accountId === id)
    for (const tries of [1, 2, 3]) {
      // The first one is what ends the sessions, and must not wait for housekeeping.
      const withinMs = tries === 1 ? 5_000 : 60_000
      await until(`try ${tries}`, () => (told().length >= tries ? true : undefined), withinMs)
      await sparekey.sql`update webhook_deliveries set next_try_at = now() - interval '1 minute'
        where status = 'queued' and event = 'directory.revoke_sessions'`
    }
    await until('it is taken', async () => {
      const [row] = await sparekey.sql`select status from webhook_deliveries
        where event = 'directory.revoke_sessions' and payload->'data'->>'accountId' = ${id}`
      return row?.status === 'delivered' || undefined
    })
    expect(new Set(told().map(({ headers }) => headers['webhook-id'])).size).toBe(1)
  }, 120_000)

  test('when a password was set, both who must end sessions are due at once; the server is asked again within an hour', async () => {
    const own = await make()
    const admin = { key: sparekey.adminKey }
    const queue = (verb: string) => sparekey.call('POST', `/v1/queues/webhook/${verb}`, admin)
    const url = `${server.origin}/hook`
    const events = ['account.password_changed']
    await sparekey.call('POST', '/v1/webhooks', { key: own.secret, body: { url, events } })
    const { login, email, id } = person()
    await ask(login, own.secret)
    const token = tokenOf(await sparekey.mail(email))
    await queue('pause')
    server.answer('revoke_sessions', response =>
      response.writeHead(503, { 'retry-after': '999999999' }).end(),
    )
    expect((await complete(token)).status).toBe(200)
    const rows = () => sparekey.sql`select d.id, d.event, d.tries, d.next_try_at <= now() as due,
      d.next_try_at <= now() + interval '1 hour' as soon from webhook_deliveries d
      join webhook_endpoints e on e.id = d.endpoint_id where e.application_id = ${own.id} order by d.event`
    const made = await rows()
    expect(made).toMatchObject([
      { event: 'account.password_changed', due: true },
      { event: 'directory.revoke_sessions', due: true },
    ])
    const waiting = async () =>
      (await sparekey.call('GET', '/v1/queues/webhook/jobs?state=waiting', admin)).body.items.map(
        (job: Json) => job.id,
      )
    await expect.poll(waiting).toEqual(expect.arrayContaining(made.map(row => row.id)))
    await queue('resume')
    const revoked = await until('the first try', async () =>
      (await rows()).find(({ event, tries }) => event === 'directory.revoke_sessions' && tries === 1),
    )
    expect(revoked.soon).toBe(true)
    expect(server.asked('revoke_sessions').filter(({ data }) => data.accountId === id)).toHaveLength(1)
  })

  test('old and new secret sign while they rotate, and neither stands in an answer or a row', async () => {
    const own = await make()
    const key = sparekey.adminKey
    const { body: fresh } = await sparekey.call('POST', `/v1/applications/${own.id}/directory-secret`, {
      key,
    })
    expect(fresh.secret).toMatch(/^whsec_/)
    const { login, email } = person()
    await ask(login, own.secret)
    await sparekey.mail(email)
    const call = server.asked('find_account').find(({ data }) => data.login === login)
    for (const secret of [own.directorySecret, fresh.secret])
      expect(new Webhook(secret).verify(call?.body ?? '', call?.headers ?? {})).toBeTruthy()
    const texts: unknown[] = [await sparekey.sql`select * from webhook_endpoints`]
    for (const at of [`/v1/applications/${own.id}`, '/v1/applications', '/v1/audit'])
      texts.push((await sparekey.call('GET', at, { key })).body)
    texts.push((await sparekey.call('GET', '/v1/webhooks', { key: own.secret })).body)
    expect(JSON.stringify(texts)).toContain(server.origin)
    for (const secret of [own.directorySecret, fresh.secret])
      expect(JSON.stringify(texts)).not.toContain(secret.slice(6))
  })

  test('it is no webhook endpoint: it is not listed, changed or deleted as one', async () => {
    const own = await make()
    const [row] = await sparekey.sql`select id from webhook_endpoints where application_id = ${own.id}`
    const call = (method: string, at: string, body?: unknown) =>
      sparekey.call(method, `/v1/webhooks${at}`, { key: own.secret, ...(body ? { body } : {}) })
    expect((await call('GET', '')).body.items).toEqual([])
    expect((await call('PATCH', `/${row?.id}`, { url: 'https://evil.example.com/' })).status).toBe(404)
    expect((await call('POST', `/${row?.id}/rotate-secret`)).status).toBe(404)
    expect((await call('GET', `/${row?.id}/deliveries`)).status).toBe(404)
    expect((await call('DELETE', `/${row?.id}`)).status).toBe(404)
  })
})

test('an address that is not public, or not safe, is not asked', async () => {
  const server = await startDirectoryServer()
  const sparekey = await startSparekey()
  try {
    server.people.set('anna', { id: '1', email: 'anna@example.com' })
    const body = { name: 'Acme', directory: 'http', directoryUrl: server.origin }
    const create = (change: object) =>
      sparekey.call('POST', '/v1/applications', { key: sparekey.adminKey, body: { ...body, ...change } })
    for (const directoryUrl of [
      'http://app.example.com/',
      'ftp://app.example.com/',
      'https://user@app.example.com/',
      'https://app.example.com/#x',
      'https://',
      undefined,
    ])
      expect((await create({ directoryUrl })).body.errors, directoryUrl).toMatchObject([
        { path: 'directoryUrl' },
      ])
    const { body: app } = await create({})
    const key = app.keys.secret
    const ask = await sparekey.call('POST', '/v1/reset-requests', { key, body: { login: 'anna' } })
    const reason = await until('the refusal', async () => {
      const { body } = await sparekey.call('GET', `/v1/reset-requests/${ask.body.id}`, { key })
      return body.reason as string | undefined
    })
    expect(reason).toBe('the directory: address_not_allowed')
    expect(server.calls).toEqual([])
  } finally {
    await sparekey.close()
    server.close()
  }
})
