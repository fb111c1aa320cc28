import { allowList } from '@sparekey/webhook/address'
import { post } from '@sparekey/webhook/post'
import { Webhook } from 'standardwebhooks'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Json, type Sparekey, startSparekey, until } from '../support/sparekey.ts'
import { noLimits } from './support/desk.ts'
import { type Asked, type StandIn, standIn } from './support/stand-in.ts'

let open: Sparekey
let closed: Sparekey
let receiver: StandIn
const got: Asked[] = []
const answers = new Map<string, (response: Parameters<Parameters<typeof standIn>[0]>[1]) => unknown>()

beforeAll(async () => {
  receiver = await standIn((asked, response) => {
    got.push(asked)
    const answer = answers.get(asked.path)
    if (answer) answer(response)
    else response.writeHead(204)
  })
  open = await startSparekey({ backend: 'redis', env: { WEBHOOK_ALLOW: '127.0.0.1' } })
  closed = await startSparekey({ backend: 'redis' })
})
afterAll(async () => {
  await open?.close()
  await closed?.close()
  receiver?.close()
})

const told = (path: string) => got.filter(asked => asked.path === path)

/** An application with one endpoint, and one event on its way to it. */
async function sendTo(sparekey: Sparekey, url: string) {
  const app = await sparekey.application({ limits: noLimits })
  const key = { key: app.secret }
  const events = ['reset.accepted']
  const made = await sparekey.call('POST', '/v1/webhooks', { ...key, body: { url, events } })
  const { id, secret } = made.body as { id: string; secret: string }
  const tell = () =>
    sparekey.call('POST', '/v1/reset-requests', { ...key, body: { login: 'nobody@example.com' } })
  if (made.status === 201) await tell()
  const deliveries = async (): Promise<Json[]> =>
    (await sparekey.call('GET', `/v1/webhooks/${id}/deliveries`, key)).body.items
  return {
    status: made.status,
    id,
    secret,
    key,
    tell,
    /** Its newest delivery, once this holds of it. */
    delivery: (what: string, holds: (delivery: Json) => boolean) =>
      until(what, async () => (await deliveries()).find(holds)),
  }
}

describe('a webhook', () => {
  test('is signed by Standard Webhooks: neither another body, id, time nor secret verifies', async () => {
    const { secret } = await sendTo(open, `${receiver.url}/signed`)
    const { headers, body } = await until('the event', () => told('/signed')[0])
    const verifies = (text: string, more: Record<string, string> = {}, by = secret) => {
      try {
        return Boolean(new Webhook(by).verify(text, { ...headers, ...more }))
      } catch {
        return false
      }
    }
    expect(verifies(body)).toBe(true)
    expect(verifies(`${body} `)).toBe(false)
    expect(verifies(body, { 'webhook-id': 'msg_other' })).toBe(false)
    expect(verifies(body, { 'webhook-timestamp': String(Number(headers['webhook-timestamp']) + 1) })).toBe(
      false,
    )
    expect(verifies(body, {}, `whsec_${Buffer.alloc(32).toString('base64')}`)).toBe(false)
  })

  test('verifies by the old secret and by the new one while they rotate, and by the new one alone after it', async () => {
    const { id, key, secret, tell } = await sendTo(open, `${receiver.url}/rotated`)
    await until('the first', () => told('/rotated')[0])
    const fresh = (await open.call('POST', `/v1/webhooks/${id}/rotate-secret`, key)).body.secret
    const verifiesBy = ({ headers, body }: Asked) =>
      [secret, fresh].map(each => {
        try {
          return Boolean(new Webhook(each).verify(body, headers))
        } catch {
          return false
        }
      })
    await tell()
    expect(verifiesBy(await until('the second', () => told('/rotated')[1]))).toEqual([true, true])
    await open.sql`update webhook_endpoints set secrets = jsonb_set(secrets, '{1,until}', to_jsonb(now() - interval '1 minute'))
      where id = ${id}`
    await tell()
    expect(verifiesBy(await until('the third', () => told('/rotated')[2]))).toEqual([false, true])
  })

  test('is tried again with the same id until it is taken, for three days and no longer', async () => {
    const end = async (hours: number) => {
      const path = `/away/${hours}`
      answers.set(path, response => response.writeHead(503))
      const { delivery } = await sendTo(open, receiver.url + path)
      const first = await delivery('the first try', ({ lastStatus }) => lastStatus === 503)
      expect(first.status).toBe('queued')
      await open.sql`update webhook_deliveries set started_at = now() - make_interval(hours => ${hours}) where id = ${first.id}`
      const second = await delivery('another try', ({ tries }) => tries > first.tries)
      expect(new Set(told(path).map(({ headers }) => headers['webhook-id']))).toEqual(new Set([first.id]))
      return second.status
    }
    expect(await Promise.all([end(71), end(73)])).toEqual(['queued', 'failed'])
  }, 60_000)
})

describe('no webhook goes', () => {
  const inside = (port: string) => [
    `http://127.0.0.1:${port}/inside`,
    `http://localhost:${port}/inside`,
    `http://2130706433:${port}/inside`,
    `http://0x7f.1:${port}/inside`,
    `http://0177.0.0.1:${port}/inside`,
    `http://127.1:${port}/inside`,
    `http://[::1]:${port}/inside`,
    `http://[::ffff:127.0.0.1]:${port}/inside`,
    `http://[::]:${port}/inside`,
    `http://0.0.0.0:${port}/inside`,
    'http://10.0.0.1/inside',
    'http://172.16.0.1/inside',
    'http://192.168.0.1/inside',
    'http://169.254.169.254/latest/meta-data/',
    'http://[fe80::1]/inside',
    'http://[fd00:ec2::254]/latest/meta-data/',
    'http://100.64.0.1/inside',
    'http://[64:ff9b::7f00:1]/inside',
  ]

  test('to loopback, private, link-local or metadata addresses, however they are written; an allow-list opens some', async () => {
    const urls = inside(new URL(receiver.url).port)
    const before = got.length
    await Promise.all(
      urls.map(async url => {
        const { status, delivery } = await sendTo(closed, url)
        expect([url, [201, 400].includes(status)]).toEqual([url, true])
        if (status === 400) return
        const tried = await delivery(`a try of ${url}`, ({ lastError }) => Boolean(lastError))
        expect([url, tried.lastError]).toEqual([url, 'address_not_allowed'])
      }),
    )
    expect(got.length).toBe(before)
    const { delivery } = await sendTo(open, `${receiver.url}/inside`)
    await delivery('the one that is allowed', ({ status }) => status === 'delivered')
    expect(told('/inside')).toHaveLength(1)
  }, 60_000)

  test('where a redirect of an allowed receiver leads', async () => {
    const other = await standIn(asked => got.push({ ...asked, path: '/redirected' }), '127.0.0.2')
    answers.set('/redirects', response => response.writeHead(307, { location: `${other.url}/inside` }))
    const { delivery } = await sendTo(open, `${receiver.url}/redirects`)
    const tried = await delivery('a try', ({ lastError }) => Boolean(lastError))
    expect(tried).toMatchObject({ status: 'queued', lastError: 'redirect', lastStatus: 307 })
    expect(told('/redirected')).toEqual([])
    // Control: a client that follows redirects does get there.
    await fetch(`${receiver.url}/redirects`, { method: 'POST', body: '{}' })
    expect(told('/redirected')).toHaveLength(1)
    other.close()
  })

  test('where a name leads that changed since it was looked at, or that leads to several places', async () => {
    const { port } = new URL(receiver.url)
    let lookups = 0
    const changing = async () => [{ address: lookups++ === 0 ? '127.0.0.1' : '127.0.0.2', family: 4 }]
    const both = async () => [
      { address: '127.0.0.1', family: 4 },
      { address: '10.0.0.1', family: 4 },
    ]
    const options = { headers: {}, body: '{}', allowed: allowList(['127.0.0.1']) }
    const url = `http://rebinding.test:${port}/named`
    expect(await post({ ...options, url, lookup: changing })).toMatchObject({ delivered: true })
    expect([lookups, told('/named').length]).toEqual([1, 1])
    expect(await post({ ...options, url, lookup: changing })).toMatchObject({ error: 'address_not_allowed' })
    expect(await post({ ...options, url, lookup: both })).toMatchObject({ error: 'address_not_allowed' })
    expect(told('/named')).toHaveLength(1)
  })
})
