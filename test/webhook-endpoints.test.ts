import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { makeEndpoint, useReceiver } from './support/receiver.ts'
import { backends, type Json, type Sparekey, startSparekey, until } from './support/sparekey.ts'

const receiver = useReceiver()
const { answers, told } = receiver

describe.each(backends)('webhook endpoints, queues on %s', backend => {
  let sparekey: Sparekey
  beforeAll(async () => {
    sparekey = await startSparekey({ backend, env: { WEBHOOK_ALLOW: '127.0.0.1' } })
  })
  afterAll(() => sparekey?.close())

  const endpoint = (path: string, input?: object) => makeEndpoint(sparekey, receiver.base + path, input)

  test('one that says 410 is switched off and hears nothing more, until it is switched on', async () => {
    const path = `/gone/${backend}`
    const { app, call, id } = await endpoint(path, { events: ['reset.accepted'] })
    answers.set(path, [410])
    const ask = () =>
      sparekey.call('POST', '/v1/reset-requests', { key: app.secret, body: { login: 'nobody@example.com' } })
    await ask()
    const off = await until('it is off', async () => {
      const { items } = (await call('GET', '')).body
      return items[0].enabled ? undefined : items[0]
    })
    expect(off.disabledReason).toContain('410')
    await until('the key knows', async () => {
      await ask()
      const { items } = (await call('GET', `/${id}/deliveries`)).body
      return items.length > 0 ? true : undefined
    })
    expect((await call('PATCH', `/${id}`, { enabled: true })).body).toMatchObject({ enabled: true })
    expect((await call('DELETE', `/${id}`)).status).toBe(204)
  })

  test('one that failed long ago, and for which nothing waited since, is not switched off by its next failure', async () => {
    const path = `/quiet/${backend}`
    const { app, call, id } = await endpoint(path, { events: ['reset.accepted'] })
    const ask = () =>
      sparekey.call('POST', '/v1/reset-requests', { key: app.secret, body: { login: 'nobody@example.com' } })
    const last = async () => (await call('GET', `/${id}/deliveries`)).body.items[0]
    const age = (what: string) =>
      sparekey.sql.unsafe(
        `update ${what} where ${what.startsWith('webhook_e') ? 'id' : 'endpoint_id'} = '${id}'`,
      )

    answers.set(path, [500, 500])
    await ask()
    await until('its first try', async () => ((await last())?.tries === 1 ? true : undefined))
    // Its three days are over, and with them all that waits for the endpoint.
    await age(`webhook_deliveries set started_at = now() - interval '4 days'`)
    await until('its last try', async () => ((await last()).status === 'failed' ? true : undefined))
    await until('nothing to be said against it', async () => {
      const [row] = await sparekey.sql`select failing_since from webhook_endpoints where id = ${id}`
      return row?.failing_since === null || undefined
    })
    answers.set(path, [500])
    await ask()
    await until('the next one is told after a failure', async () =>
      (await last()).status === 'delivered' ? true : undefined,
    )
    expect(told(path)).toHaveLength(4)
    expect((await call('GET', '')).body.items[0]).toMatchObject({ enabled: true })

    await age(`webhook_endpoints set failing_since = now() - interval '4 days'`)
    await call('PATCH', `/${id}`, { url: `${receiver.base}/mended` })
    const [row] = await sparekey.sql`select failing_since from webhook_endpoints where id = ${id}`
    expect(row).toEqual({ failing_since: null })
  })

  test('two that are made at once are both heard of by their application', async () => {
    const { app, call } = await endpoint(`/first/${backend}`, { events: ['reset.sent'] })
    const holds = await sparekey.sql.reserve()
    await holds`begin`
    await holds`select from applications where id = ${app.id} for no key update`
    const events = ['reset.accepted', 'reset.used']
    const made = events.map(event => call('POST', '', { url: `${receiver.base}/at-once`, events: [event] }))
    await until('both to wait', async () => {
      const [{ count } = { count: 0 }] = await sparekey.sql`select count(*)::int from pg_stat_activity
        where datname = current_database() and wait_event_type = 'Lock'`
      return count === 2 || undefined
    })
    await holds`commit`
    holds.release()
    expect((await Promise.all(made)).map(({ status }) => status)).toEqual([201, 201])
    const [row] = await sparekey.sql`select webhook_events from applications where id = ${app.id}`
    expect(row?.webhook_events.sort()).toEqual([...events, 'reset.sent'].sort())
  })

  test('are seen and mended by the operator, who says whose they are', async () => {
    const path = `/operator/${backend}`
    const { app, id } = await endpoint(path, { events: ['reset.accepted'] })
    const other = await sparekey.application()
    const key = sparekey.adminKey
    const admin = (method: string, at: string, of?: string, body?: unknown) =>
      sparekey.call(method, `/v1/webhooks${at}${of ? `?applicationId=${of}` : ''}`, {
        key,
        ...(body ? { body } : {}),
      })
    const made = await admin('POST', '', app.id, {
      url: `${receiver.base}${path}/made`,
      events: ['reset.accepted'],
    })
    expect(made).toMatchObject({
      status: 201,
      body: { applicationId: app.id, secret: expect.stringContaining('whsec_') },
    })
    const ids = ({ body }: { body: Json }) => body.items.map((item: Json) => item.id)
    expect(ids(await admin('GET', '', app.id))).toEqual([made.body.id, id])
    expect(ids(await admin('GET', '', other.id))).toEqual([])
    expect(ids(await admin('GET', ''))).toEqual(expect.arrayContaining([made.body.id, id]))

    answers.set(path, [410])
    await sparekey.call('POST', '/v1/reset-requests', {
      key: app.secret,
      body: { login: 'nobody@example.com' },
    })
    await until('it is off', async () =>
      ids(await admin('GET', '?failed=true')).includes(id) ? true : undefined,
    )
    expect(ids(await admin('GET', '?failed=true'))).not.toContain(made.body.id)
    expect((await admin('PATCH', `/${id}`, app.id, { enabled: true })).body).toMatchObject({ enabled: true })
    const [delivery] = (await admin('GET', `/${id}/deliveries`, app.id)).body.items
    expect((await admin('POST', `/${id}/deliveries/${delivery.id}/replay`, app.id)).status).toBe(200)
    await until('the replay', () => (told(path).length >= 2 ? true : undefined))

    // Without its application, or under another's name, it is not touched.
    expect(await admin('DELETE', `/${id}`)).toMatchObject({
      status: 400,
      body: { errors: [{ path: 'applicationId' }] },
    })
    expect((await admin('DELETE', `/${id}`, other.id)).status).toBe(404)
    expect((await admin('POST', '', `app_${'0'.repeat(26)}`, { url: receiver.base })).status).toBe(404)
    expect((await admin('DELETE', `/${id}`, app.id)).status).toBe(204)
    const { body: log } = await sparekey.call('GET', `/v1/audit?applicationId=${app.id}`, { key })
    expect(log.items[0]).toMatchObject({ actor: 'operator', action: 'webhook.delete', target: id })
  })

  test('of another application are not there', async () => {
    const { id } = await endpoint(`/mine/${backend}`)
    const other = await sparekey.application()
    for (const [method, at] of [
      ['PATCH', ''],
      ['DELETE', ''],
      ['POST', '/rotate-secret'],
      ['GET', '/deliveries'],
    ] as const) {
      const body = method === 'PATCH' ? { enabled: false } : undefined
      const answer = await sparekey.call(method, `/v1/webhooks/${id}${at}`, {
        key: other.secret,
        ...(body ? { body } : {}),
      })
      expect(answer.status).toBe(404)
    }
  })
})

test('no webhook goes to a private address unless the operator allows it', async () => {
  const sparekey = await startSparekey()
  try {
    const app = await sparekey.application()
    const key = app.secret
    const { body } = await sparekey.call('POST', '/v1/webhooks', {
      key,
      body: { url: `${receiver.base}/private` },
    })
    await sparekey.call('POST', '/v1/reset-requests', { key, body: { login: 'nobody@example.com' } })
    const refused = await until('the refusal', async () => {
      const { items } = (await sparekey.call('GET', `/v1/webhooks/${body.id}/deliveries`, { key })).body
      return items[0]?.lastError ? items[0] : undefined
    })
    expect(refused).toMatchObject({ status: 'queued', lastError: 'address_not_allowed' })
    expect(refused.attempts).toMatchObject([{ error: 'address_not_allowed' }])
    expect(told('/private')).toEqual([])
  } finally {
    await sparekey.close()
  }
})
