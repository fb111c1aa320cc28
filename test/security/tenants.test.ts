import { createHash } from 'node:crypto'
import { type Scope, scopes } from '@sparekey/db/types'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Json, type Sparekey, startSparekey, until } from '../support/sparekey.ts'
import { type Desk, noLimits, openDesk } from './support/desk.ts'
import { type Operation, readDocument } from './support/document.ts'
import { dumpPostgres, searchFor } from './support/search.ts'
import { behind, type StandIn, standIn } from './support/stand-in.ts'

let sparekey: Sparekey
let mine: Desk
let theirs: Desk
let receiver: StandIn
let operations: Operation[]
beforeAll(async () => {
  receiver = await standIn((_, response) => response.writeHead(204))
  sparekey = await startSparekey({ env: { WEBHOOK_ALLOW: '127.0.0.1' } })
  mine = openDesk(sparekey, await sparekey.application({ name: 'Mine', limits: noLimits }))
  theirs = openDesk(sparekey, await sparekey.application({ name: 'Theirs', limits: noLimits }))
  operations = (await readDocument(sparekey.call)).operations
})
afterAll(async () => {
  await sparekey?.close()
  receiver?.close()
})

const admin = (method: string, path: string, body?: unknown) =>
  sparekey.call(method, path, { key: sparekey.adminKey, ...(body === undefined ? {} : { body }) })

describe('an API key', () => {
  test('is shown once: neither list, application nor database holds it, but its digest', async () => {
    const made = await admin('POST', `/v1/applications/${mine.app.id}/keys`, {
      kind: 'secret',
      name: 'Second',
    })
    const shown = await Promise.all([
      admin('GET', `/v1/applications/${mine.app.id}/keys`),
      admin('GET', `/v1/applications/${mine.app.id}`),
      admin('GET', '/v1/applications'),
    ])
    const dump = await dumpPostgres(sparekey.sql)
    const places = { answers: JSON.stringify(shown.map(({ body }) => body)), postgres: dump }
    for (const key of [mine.app.secret, mine.app.publishable, made.body.key, sparekey.adminKey])
      expect(searchFor(key, places)).toEqual([])
    for (const key of [mine.app.secret, mine.app.publishable, made.body.key])
      expect(dump).toContain(createHash('sha256').update(key).digest('hex'))
    // Control: the answer that does show it is seen to.
    expect(searchFor(made.body.key, { made: JSON.stringify(made.body) })).not.toEqual([])
  })

  test('that was revoked opens nothing that is asked a second later or after', async () => {
    const { body: key } = await admin('POST', `/v1/applications/${mine.app.id}/keys`, { kind: 'secret' })
    const look = async () => (await sparekey.call('GET', '/v1/accounts', { key: key.key })).status
    expect(await look()).toBe(200)
    expect((await admin('DELETE', `/v1/applications/${mine.app.id}/keys/${key.id}`)).status).toBe(204)
    const revoked = performance.now()
    let lastOpened = revoked
    await until('it is refused', async () => {
      const asked = performance.now()
      if ((await look()) === 401) return true
      lastOpened = asked
      return undefined
    })
    expect(lastOpened - revoked).toBeLessThan(1000)
    expect((await sparekey.call('GET', '/v1/accounts', { key: mine.app.secret })).status).toBe(200)
  })
})

/** What may stand in a path's braces, of one application's own. */
async function ownThings(desk: Desk): Promise<Record<string, Record<string, string>>> {
  const key = { key: desk.app.secret }
  const hook = await sparekey.call('POST', '/v1/webhooks', { ...key, body: { url: receiver.url } })
  const { person, id } = await desk.mailed()
  const listed = { ...key, body: { address: 'listed@example.com' } }
  const suppression = await sparekey.call('POST', '/v1/suppressions', listed)
  const delivery = await until('a delivery', async () => {
    const { body } = await sparekey.call('GET', `/v1/webhooks/${hook.body.id}/deliveries`, key)
    return body.items.find((item: Json) => item.status === 'delivered')
  })
  return {
    '/v1/accounts': { id: person.id },
    '/v1/reset-requests': { id },
    '/v1/suppressions': { id: suppression.body.id },
    '/v1/webhooks': { id: hook.body.id, deliveryId: delivery.id },
  }
}

const strangers: Record<string, string> = {
  '/v1/accounts': `acc_${'0'.repeat(26)}`,
  '/v1/reset-requests': `req_${'0'.repeat(26)}`,
  '/v1/suppressions': `sup_${'0'.repeat(26)}`,
  '/v1/webhooks': `hook_${'0'.repeat(26)}`,
}

test("every id of one application is 404 to another's key, as one that never was; to its own it is there", async () => {
  const things = await ownThings(mine)
  const withIds = operations
    .filter(({ path, keys }) => path.startsWith('/v1/') && path.includes('{') && keys.includes('secretKey'))
    // What deletes comes last, so that the others find something.
    .sort((a, b) => Number(a.method === 'DELETE') - Number(b.method === 'DELETE'))
  expect(withIds.length).toBeGreaterThan(8)

  const ask = (url: string, { method, path, body }: Operation, ids: Record<string, string>, key: string) =>
    fetch(url + path.replaceAll(/\{(\w+)\}/g, (_, name: string) => ids[name] ?? ''), {
      method,
      headers: { authorization: `Bearer ${key}`, ...(body ? { 'content-type': body.type } : {}) },
      ...(body ? { body: '{}' } : {}),
    })
  const masked = async (answer: Response) => ({
    status: answer.status,
    body: (await answer.text()).replace(/"requestId":"[\w-]+"/, ''),
  })
  const collection = (path: string) => path.split('/').slice(0, 3).join('/')
  /** Operations in which another's id is told apart from one that never was. */
  const telling = async (url: string) => {
    const found: string[] = []
    for (const operation of withIds) {
      const ids = things[collection(operation.path)] ?? {}
      const never = { ...ids, id: strangers[collection(operation.path)] ?? '' }
      const another = await masked(await ask(url, operation, ids, theirs.app.secret))
      const nobodys = await masked(await ask(url, operation, never, theirs.app.secret))
      if (another.status !== 404 || another.body !== nobodys.body) found.push(operation.id)
    }
    return found
  }
  expect(await telling(sparekey.url)).toEqual([])

  const leaky = await behind(sparekey.url, ({ path }, answer) =>
    Object.values(things).some(({ id = '' }) => path.includes(id)) ? { ...answer, status: 403 } : answer,
  )
  expect(await telling(leaky.url)).toHaveLength(withIds.length)
  leaky.close()

  for (const operation of withIds) {
    const { status } = await ask(
      sparekey.url,
      operation,
      things[collection(operation.path)] ?? {},
      mine.app.secret,
    )
    expect([operation.id, status < 500 && status !== 404]).toEqual([operation.id, true])
  }
})

test("lists show nobody the other's things, whatever they filter by", async () => {
  const { person } = await mine.mailed()
  const listed = { key: mine.app.secret, body: { address: person.email } }
  expect((await sparekey.call('POST', '/v1/suppressions', listed)).status).toBe(201)
  for (const path of [
    '/v1/accounts?limit=100',
    `/v1/accounts?login=${person.login}`,
    '/v1/reset-requests?limit=100',
    `/v1/reset-requests?login=${person.login}&applicationId=${mine.app.id}`,
    '/v1/suppressions?limit=100',
    `/v1/suppressions?address=${person.email}`,
    '/v1/webhooks?limit=100',
  ]) {
    const look = async (desk: Desk) => (await sparekey.call('GET', path, { key: desk.app.secret })).body.items
    expect(await look(theirs)).toEqual([])
    // What was deleted above is gone; the person is here.
    if (!path.includes('webhooks')) expect(await look(mine)).not.toEqual([])
  }
})

test('what is the operator’s own is 401 without a key and 403 with any key of an application', async () => {
  const own = operations.filter(({ keys }) => keys.includes('adminKey') && !keys.includes('secretKey'))
  expect(own.length).toBeGreaterThan(10)
  for (const { id, method, path } of own) {
    const at = path.replaceAll(/\{\w+\}/g, mine.app.id)
    const statuses: number[] = []
    for (const key of [undefined, mine.app.publishable, mine.app.secret]) {
      const answer = await sparekey.call(method, at, key === undefined ? {} : { key })
      statuses.push(answer.status)
    }
    expect([id, ...statuses]).toEqual([id, 401, 403, 403])
  }
  expect((await admin('GET', '/v1/queues')).status).toBe(200)
})

const isDialect = ({ path }: Operation) => path.startsWith('/compat/')

async function keyWith(own: readonly Scope[]): Promise<string> {
  const body = { kind: 'secret', scopes: own }
  return (await admin('POST', `/v1/applications/${mine.app.id}/keys`, body)).body.key
}

/** What a narrowed key needs; every other call takes no secret key. */
const needed: Record<Scope, string[]> = {
  'requests:write': ['createResetRequest', 'getHumanChallenge'],
  'requests:read': ['listResetRequests', 'getResetRequest'],
  'tokens:redeem': ['peekResetToken', 'exchangeResetCode', 'createPasswordReset', 'redeemResetToken'],
  'accounts:*': [
    'createAccount',
    'listAccounts',
    'getAccount',
    'updateAccount',
    'deleteAccount',
    'importAccounts',
    'verifyAccount',
    'createSuppression',
    'listSuppressions',
    'deleteSuppression',
  ],
  'admin:*': [
    'createWebhook',
    'listWebhooks',
    'updateWebhook',
    'deleteWebhook',
    'rotateWebhookSecret',
    'listWebhookDeliveries',
    'replayWebhookDelivery',
  ],
}

/** They answer with the request: a key that only asks must not learn so whether there is an account. */
const needWriteAndRead = ['cancelResetRequest', 'resendResetRequest']

test.each(scopes)(
  'a key with the scope %s alone is refused where it needs another, and nowhere else',
  async scope => {
    const key = await keyWith([scope])
    const keyed = operations.filter(operation => operation.keys.length > 0 && !isDialect(operation))
    expect(
      keyed
        .filter(({ keys }) => keys.includes('secretKey'))
        .map(({ id }) => id)
        .sort(),
    ).toEqual([...Object.values(needed).flat(), ...needWriteAndRead].sort())
    const refused: string[] = []
    for (const operation of keyed) {
      // Nothing that is there: the key is looked at before all else.
      const { status } = await sparekey.call(operation.method, operation.path.replaceAll(/\{\w+\}/g, 'x'), {
        key,
      })
      expect([operation.id, status < 500 && status !== 401]).toEqual([operation.id, true])
      if (status === 403) refused.push(operation.id)
    }
    const open = needed[scope]
    expect(refused.sort()).toEqual(
      keyed
        .map(({ id }) => id)
        .filter(id => !open.includes(id))
        .sort(),
    )
  },
)

test('only a key that may both ask and read cancels a request and sends it again', async () => {
  for (const verb of ['cancel', 'resend']) {
    const change = async (own: Scope[]) =>
      (await sparekey.call('POST', `/v1/reset-requests/x/${verb}`, { key: await keyWith(own) })).status
    expect([verb, await change(['requests:write'])]).toEqual([verb, 403])
    expect([verb, await change(['requests:read'])]).toEqual([verb, 403])
    expect([verb, await change(['requests:write', 'requests:read'])]).toEqual([verb, 404])
  }
})

test('a dialect is spoken only by a key that may both ask and use tokens up', async () => {
  const speak = async (own: Scope[]) => {
    const key = await keyWith(own)
    const path = '/compat/akinon/api/v1/auth/generate-reset-token'
    return (await sparekey.call('POST', path, { key, body: { username: 'a@example.com' } })).status
  }
  for (const scope of scopes) {
    expect([scope, await speak([scope])]).toEqual([scope, 401])
    const without = scopes.filter(each => each !== scope)
    const needs = scope === 'requests:write' || scope === 'tokens:redeem'
    expect([scope, (await speak(without)) === 401]).toEqual([scope, needs])
  }
})
