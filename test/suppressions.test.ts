import { openDb } from '@sparekey/db/db'
import { purge } from '@sparekey/reset/housekeeping/purge'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Reply, startMailServer } from './support/mail-server.ts'
import { backends, type Json, type Sparekey, startSparekey, until } from './support/sparekey.ts'

const noMailbox = { code: 550, text: '5.1.1 <you>: no such mailbox' }

describe.each(backends)('the suppression list, queues on %s', backend => {
  let sparekey: Sparekey
  let app: Awaited<ReturnType<Sparekey['application']>>
  let server: Awaited<ReturnType<typeof startMailServer>>
  /** What the mail server says to whom; everybody else's mails are taken. */
  const says = new Map<string, Reply>()
  /** Whom the mail server was asked to take a mail for. */
  const tried: string[] = []
  let people = 0

  beforeAll(async () => {
    server = await startMailServer((_, to) => {
      tried.push(to)
      return says.get(to) ?? 'take'
    })
    sparekey = await startSparekey({ backend, smtpUrls: [server.url] })
    app = await sparekey.application()
  })
  afterAll(async () => {
    await sparekey?.close()
    await server?.close()
  })

  const admin = (method: string, path: string, body?: unknown) =>
    sparekey.call(method, path, { key: sparekey.adminKey, ...(body === undefined ? {} : { body }) })
  const own = (method: string, path: string, body?: unknown, key = app.secret) =>
    sparekey.call(method, path, { key, ...(body === undefined ? {} : { body }) })
  const list = async (address: string, key = app.secret): Promise<Json[]> =>
    (await own('GET', `/v1/suppressions?address=${encodeURIComponent(address)}`, undefined, key)).body.items
  const triesOf = (address: string) => tried.filter(to => to === address).length
  async function person(email = `person${++people}@example.com`, key = app.secret): Promise<string> {
    const { status, body } = await own('POST', '/v1/accounts', { login: email, email }, key)
    expect(status).toBe(201)
    return body.email
  }
  /** Asks, and waits for what becomes of it: its status, and the reason where it got no mail. */
  async function ask(
    login: string,
    { key = app.secret, ...more }: { key?: string; recipient?: object } = {},
  ) {
    const { body } = await own('POST', '/v1/reset-requests', { login, ...more }, key)
    return await sparekey.status(body.id, key, 'sent', 'failed', 'ignored')
  }
  /** Somebody whose mail was refused for want of a mailbox. */
  async function refused(): Promise<string> {
    const address = await person()
    says.set(address, noMailbox)
    expect((await ask(address)).status).toBe('failed')
    says.delete(address)
    return address
  }
  const suppressed = { status: 'ignored', reason: 'suppressed' }

  test('an address that its mail server does not know gets no further mail: requests for it are ignored', async () => {
    const address = await refused()
    expect(triesOf(address)).toBe(1)
    const [entry, ...rest] = await list(address)
    expect(rest).toEqual([])
    expect(entry).toMatchObject({ applicationId: app.id, address, reason: 'unknown_recipient' })
    expect(entry.response).toBe(`550 ${noMailbox.text}`)
    const days = (Date.parse(entry.expiresAt) - Date.parse(entry.createdAt)) / 86_400_000
    expect(days).toBeCloseTo(30, 1)

    const second = await ask(address)
    expect(second).toMatchObject(suppressed)
    expect(second.timeline.at(-1)).toMatchObject({ type: 'ignored', detail: 'suppressed' })
    expect(second.mails).toEqual([])
    await until('the count', async () => {
      const { body } = await admin('GET', `/v1/stats?window=1h&applicationId=${app.id}`)
      return body.ignoredBy.suppressed === 1 && body.totals.ignored === 1 ? true : undefined
    })
    expect(triesOf(address)).toBe(1)
  })

  test('an operator’s resend and test mail are ignored alike, and say why', async () => {
    const address = await person()
    says.set(address, noMailbox)
    const first = await ask(address)
    says.delete(address)
    expect((await admin('POST', `/v1/reset-requests/${first.id}/resend`)).status).toBe(200)
    expect(await sparekey.status(first.id, app.secret, 'sent', 'ignored')).toMatchObject(suppressed)
    const sent = await admin('POST', `/v1/applications/${app.id}/test-mails`, { to: address.toUpperCase() })
    expect(sent.status).toBe(202)
    expect(await sparekey.status(sent.body.id, app.secret, 'sent', 'ignored')).toMatchObject(suppressed)
    expect(triesOf(address)).toBe(1)
  })

  test('any other refusal lists nobody: the next request is mailed', async () => {
    for (const reply of [
      { code: 550, text: '5.7.1 refused by policy' },
      { code: 550, text: 'no such mailbox, without a code' },
      { code: 552, text: '5.2.2 mailbox full' },
    ]) {
      const address = await person()
      says.set(address, reply)
      expect((await ask(address)).status).toBe('failed')
      says.delete(address)
      expect(await list(address)).toEqual([])
      expect((await ask(address)).status).toBe('sent')
    }
  })

  test('a notice goes out although its address is listed; that it is refused lists nobody', async () => {
    const [listed, unlisted] = [await person(), await person()]
    for (const address of [listed, unlisted]) await ask(address)
    expect((await own('POST', '/v1/suppressions', { address: listed })).status).toBe(201)
    says.set(unlisted, noMailbox)
    for (const address of [listed, unlisted]) {
      const token = /#([\w-]{43})\b/.exec((await server.mail(address)).text ?? '')?.[1]
      const body = { token, password: 'violet kayak hums at dawn' }
      expect((await sparekey.call('POST', '/v1/password-resets', { body })).status).toBe(200)
    }
    expect((await server.mail(listed, 1)).text).not.toMatch(/#[\w-]{43}\b/)
    await until('the refusal', async () => {
      const [mail] = await sparekey.sql`
        select status from mails where kind = 'notice' and to_address = ${unlisted}`
      return mail?.status === 'failed' ? true : undefined
    })
    says.delete(unlisted)
    expect(await list(unlisted)).toEqual([])
  })

  test('many refused at once are listed together, also where an application is told of each', async () => {
    const told = await sparekey.application({
      directory: 'caller',
      resetUrl: 'https://app.example.com/r#{token}',
    })
    const hook = await own('POST', '/v1/webhooks', { url: 'http://127.0.0.1:9/never-called' }, told.secret)
    expect(hook.status).toBe(201)
    const address = 'shared@example.com'
    says.set(address, noMailbox)
    const ended = await Promise.all(
      Array.from({ length: 12 }, (_, i) =>
        ask(`p${i}`, { key: told.secret, recipient: { id: String(i), email: address } }),
      ),
    )
    says.delete(address)
    // Whoever came after the first refusal was written got no mail.
    for (const { status, reason } of ended)
      expect([`failed 550 ${noMailbox.text}`, 'ignored suppressed']).toContain(`${status} ${reason}`)
    expect(ended.some(({ status }) => status === 'failed')).toBe(true)
    expect(await list(address, told.secret)).toHaveLength(1)
    expect(await ask('late', { key: told.secret, recipient: { id: 'late', email: address } })).toMatchObject(
      suppressed,
    )
  })

  test('an operator lists an address and takes it off again; another application is not touched', async () => {
    const address = await person()
    const other = await sparekey.application({ name: 'Other' })
    await person(address, other.secret)
    const { status, body: entry } = await admin('POST', `/v1/suppressions?applicationId=${app.id}`, {
      address,
    })
    expect(status).toBe(201)
    expect(entry).toEqual({
      id: expect.stringMatching(/^sup_/),
      applicationId: app.id,
      address,
      reason: 'operator',
      createdAt: expect.any(String),
    })
    expect(await ask(address)).toMatchObject(suppressed)
    expect((await ask(address, { key: other.secret })).status).toBe('sent')
    expect(await list(address, other.secret)).toEqual([])

    const foreign = await own('DELETE', `/v1/suppressions/${entry.id}`, undefined, other.secret)
    expect(foreign.status).toBe(404)
    const path = `/v1/suppressions/${entry.id}?applicationId=${app.id}`
    expect((await admin('DELETE', path)).status).toBe(204)
    expect((await admin('DELETE', path)).status).toBe(404)
    expect((await ask(address)).status).toBe('sent')

    const { body: changes } = await admin('GET', `/v1/audit?applicationId=${app.id}`)
    expect(changes.items.slice(0, 2)).toMatchObject([
      { actor: 'operator', action: 'suppression.delete', target: entry.id, fields: [] },
      { actor: 'operator', action: 'suppression.create', target: entry.id, fields: ['address'] },
    ])
    expect(JSON.stringify(changes)).not.toContain(address)
  })

  test('an address counts in every spelling that is the same login, and in no other', async () => {
    const stored = await person('Anna@b\u00fccher.example')
    expect(stored).toBe('Anna@xn--bcher-kva.example')
    const spelled = 'ANNA@BU\u0308CHER.example'
    const { body: entry } = await own('POST', '/v1/suppressions', { address: spelled })
    expect(entry.address).toBe('anna@xn--bcher-kva.example')
    expect(await ask(stored)).toMatchObject(suppressed)
    for (const address of [spelled, stored, 'anna@b\u00fccher.EXAMPLE'])
      expect(await list(address)).toMatchObject([{ id: entry.id }])

    const called = await sparekey.application({
      directory: 'caller',
      resetUrl: 'https://app.example.com/reset#{token}',
    })
    await own('POST', '/v1/suppressions', { address: 'kim@example.com' }, called.secret)
    const asked = (email: string) => ask(email, { key: called.secret, recipient: { id: email, email } })
    expect(await asked('KIM@Example.COM')).toMatchObject(suppressed)
    expect((await asked('kim.b@example.com')).status).toBe('sent')
    // The dotless i is another letter: Unicode's upper case of both is one.
    const lookalike = await own('POST', '/v1/suppressions', { address: 'k\u0131m@example.com' })
    expect(lookalike).toMatchObject({ status: 400, body: { errors: [{ path: 'address' }] } })
  })

  test('an entry made by itself ends, and mail goes out again; an operator’s stays', async () => {
    const [address, kept] = [await refused(), await refused()]
    const { body: entry } = await own('POST', '/v1/suppressions', { address: kept })
    expect(entry).toMatchObject({ reason: 'operator', response: `550 ${noMailbox.text}` })
    expect(entry.expiresAt).toBeUndefined()
    await sparekey.sql`update suppressions set created_at = created_at - interval '31 days',
      expires_at = expires_at - interval '31 days'`
    expect(await list(address)).toEqual([])
    expect((await ask(address)).status).toBe('sent')
    expect(await ask(kept)).toMatchObject(suppressed)

    const rows = () =>
      sparekey.sql`select address_key from suppressions where address_key in (${address}, ${kept})`
    expect(await rows()).toHaveLength(2)
    const { db, close } = openDb(sparekey.databaseUrl)
    await purge({ db, queues: { add: async () => {} }, secrets: [], log: { info() {}, warn() {} } }, 30)
    await close()
    expect(await rows()).toEqual([{ address_key: kept }])
    expect(await list(kept)).toMatchObject([{ id: entry.id }])
  })

  test('one that was refused again after its end is listed anew', async () => {
    const address = await refused()
    await sparekey.sql`update suppressions set expires_at = now() - interval '1 second' where address_key = ${address}`
    says.set(address, { code: 551, text: '5.1.6 moved away' })
    expect((await ask(address)).status).toBe('failed')
    expect(await list(address)).toMatchObject([{ response: '551 5.1.6 moved away' }])
    expect(await ask(address)).toMatchObject(suppressed)
  })

  test('the list is read in pages; keys see their own, the operator everything', async () => {
    const paged = await sparekey.application({ name: 'Paged' })
    const made: string[] = []
    for (const name of ['a', 'b', 'c'])
      made.push(
        (await own('POST', '/v1/suppressions', { address: `${name}@example.com` }, paged.secret)).body.id,
      )
    const first = (await own('GET', '/v1/suppressions?limit=2', undefined, paged.secret)).body
    const { items, nextCursor } = (
      await own('GET', `/v1/suppressions?limit=2&cursor=${first.nextCursor}`, undefined, paged.secret)
    ).body
    expect([...first.items, ...items].map(({ id }: Json) => id)).toEqual(made.reverse())
    expect(nextCursor).toBeNull()
    const everybodys = (await admin('GET', '/v1/suppressions?address=B@example.com')).body.items
    expect(everybodys).toMatchObject([{ applicationId: paged.id, address: 'b@example.com' }])
    // Listed again, it is the same entry.
    const again = await own('POST', '/v1/suppressions', { address: 'B@EXAMPLE.com' }, paged.secret)
    expect(again).toMatchObject({ status: 201, body: { id: everybodys[0].id } })
  })

  test('a wrong call is refused and lists nothing', async () => {
    const { body: narrow } = await admin('POST', `/v1/applications/${app.id}/keys`, {
      kind: 'secret',
      scopes: ['requests:write'],
    })
    const address = 'wrong@example.com'
    const post = (body: unknown, key?: string, query = '') =>
      sparekey.call('POST', `/v1/suppressions${query}`, { body, ...(key ? { key } : {}) })
    const nobody = `?applicationId=app_${'0'.repeat(26)}`
    const other = await sparekey.application({ name: 'Other' })
    expect((await post({ address })).status).toBe(401)
    expect((await post({ address }, app.publishable)).status).toBe(403)
    expect((await post({ address }, narrow.key)).status).toBe(403)
    expect((await post({ address }, sparekey.adminKey)).status).toBe(400)
    expect((await post({ address }, sparekey.adminKey, nobody)).status).toBe(404)
    expect((await post({ address }, app.secret, `?applicationId=${other.id}`)).status).toBe(404)
    for (const body of [
      {},
      { address: 'no address' },
      { address: `${address},x@example.com` },
      { address, more: 1 },
    ])
      expect((await post(body, app.secret)).status).toBe(400)
    expect((await own('GET', '/v1/suppressions?address=none')).status).toBe(400)
    expect((await admin('GET', `/v1/suppressions?address=${address}`)).body.items).toEqual([])
  })
})
