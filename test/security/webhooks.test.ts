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
  })

  test('is tried again after waits that grow to ten hours, and a receiver may ask for no longer one', async () => {
    const queue = (verb: string) => open.call('POST', `/v1/queues/webhook/${verb}`, { key: open.adminKey })
    const hour = 3600
    const cases: [tries: number, asked: string, seconds: number][] = [
      [0, '', 5],
      [1, '', 300],
      [2, '', hour / 2],
      [3, '', 2 * hour],
      [4, '', 5 * hour],
      [5, '', 10 * hour],
      [6, '', 10 * hour],
      [0, '100', 100],
      [0, '999999999', 10 * hour],
      [0, '1e308', 10 * hour],
      [0, '-1', 5],
      [0, 'Wed, 21 Oct 2099 07:28:00 GMT', 5],
    ]
    await queue('pause')
    const sent = await Promise.all(
      cases.map(async ([tries, asked], at) => {
        answers.set(`/waits/${at}`, response =>
          response.writeHead(503, asked === '' ? {} : { 'retry-after': asked }),
        )
        const made = await sendTo(open, `${receiver.url}/waits/${at}`)
        await open.sql`update webhook_deliveries set tries = ${tries} where endpoint_id = ${made.id}`
        return made
      }),
    )
    await queue('resume')
    for (const [at, [tries, asked, seconds]] of cases.entries()) {
      const made = sent[at] as (typeof sent)[number]
      await made.delivery(`a try of ${at}`, ({ lastStatus }) => lastStatus === 503)
      const [row] = await open.sql`select tries, status,
        extract(epoch from next_try_at - (attempts -> -1 ->> 'at')::timestamptz)::float as waits
        from webhook_deliveries where endpoint_id = ${made.id}`
      expect(row, `${tries} ${asked}`).toMatchObject({ tries: tries + 1, status: 'queued' })
      // Up to half as much again is left to chance, and the try itself took a moment.
      expect(row?.waits, `${tries} ${asked}`).toBeGreaterThanOrEqual(seconds)
      expect(row?.waits, `${tries} ${asked}`).toBeLessThan(seconds * 1.5 + 20)
    }
  })

  test('to an endpoint that took nothing for five days is the last: it is switched off; for less it is not', async () => {
    const fail = async (hours: number) => {
      const path = `/failing/${hours}`
      answers.set(path, response => response.writeHead(503))
      const { id, key, tell, delivery } = await sendTo(open, receiver.url + path)
      const { id: first } = await delivery('the first try', ({ lastStatus }) => lastStatus === 503)
      await open.sql`update webhook_endpoints set failing_since = now() - make_interval(hours => ${hours}) where id = ${id}`
      await open.call('POST', `/v1/webhooks/${id}/deliveries/${first}/replay`, key)
      await delivery('another try', ({ attempts }) => attempts.length === 2)
      const look = async () => (await open.call('GET', '/v1/webhooks', key)).body.items[0]
      return { path, tell, delivery, look }
    }
    const [long, short] = await Promise.all([fail(5 * 24 + 1), fail(5 * 24 - 1)])
    const off = await until('it is off', async () => {
      const endpoint = await long.look()
      return endpoint.enabled ? undefined : endpoint
    })
    expect(off.disabledReason).toContain('5 days')
    answers.delete(long.path)
    answers.delete(short.path)
    await Promise.all([long.tell(), short.tell()])
    await short.delivery('what comes next is delivered', ({ status }) => status === 'delivered')
    expect(await short.look()).toMatchObject({ enabled: true })
    expect((await short.look()).failingSince).toBeUndefined()
    expect(told(long.path)).toHaveLength(2)
  })
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
    'http://168.63.129.16/metadata/instance',
    'http://100.100.100.200/latest/meta-data/',
    'http://192.0.0.192/latest/meta-data/',
  ]

  test('to loopback, private, link-local or metadata addresses, however they are written; an allow-list opens some', async () => {
    const urls = inside(new URL(receiver.url).port)
    await Promise.all(
      urls.map(async url => {
        const { status, delivery } = await sendTo(closed, url)
        expect([url, [201, 400].includes(status)]).toEqual([url, true])
        if (status === 400) return
        const tried = await delivery(`a try of ${url}`, ({ lastError }) => Boolean(lastError))
        expect([url, tried.lastError]).toEqual([url, 'address_not_allowed'])
      }),
    )
    // Deliveries of other tests may come once more meanwhile.
    expect(told('/inside')).toEqual([])
    const { delivery } = await sendTo(open, `${receiver.url}/inside`)
    await delivery('the one that is allowed', ({ status }) => status === 'delivered')
    expect(told('/inside')).toHaveLength(1)
  })

  test('by plain http to a public address, where others could read it; to an allowed one it does', async () => {
    const { delivery } = await sendTo(open, 'http://8.8.8.8:9/plain')
    const tried = await delivery('a try', ({ lastError }) => Boolean(lastError))
    expect(tried).toMatchObject({ status: 'queued', lastError: 'not_secure' })
    const { delivery: allowed } = await sendTo(open, `${receiver.url}/plain`)
    await allowed('the one that is allowed', ({ status }) => status === 'delivered')
  })

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
