import { createHash, randomBytes } from 'node:crypto'
import { openBackend } from '@sparekey/queue/backend'
import { openQueues } from '@sparekey/queue/queues'
import { openRedis } from '@sparekey/queue/redis'
import postgres from 'postgres'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type FreshDatabase, freshDatabase, freshRedis } from '../support/database.ts'
import { type Deployment, deploy } from '../support/deployment.ts'
import type { Script } from '../support/mail-server.ts'
import { backends, until } from '../support/sparekey.ts'
import { readAll } from './support/answers.ts'
import { goodPassword, noLimits, tokenCalls } from './support/desk.ts'
import { dumpPostgres, dumpRedis, formsOf, searchFor, searchForCode } from './support/search.ts'
import { type StandIn, standIn } from './support/stand-in.ts'

/** What a person reads in a mail. */
const secretsIn = (text: string) => ({
  token: /#([\w-]{43})\b/.exec(text)?.[1] ?? '',
  code: /\b(\d{4}) (\d{4})\b/.exec(text)?.slice(1).join('') ?? '',
})
const sourceText = (source: string) => source.replaceAll('=\r\n', '')

async function plantInRedis(url: string, token: string): Promise<void> {
  const redis = openRedis(url)
  await redis.call('hset', 'planted', 'data', Buffer.from(`{"token":"${token}"}`).toString('base64'))
  redis.disconnect()
}

describe.each(backends)('queues on %s', backend => {
  let database: FreshDatabase
  let deployment: Deployment
  let redisUrl: string
  let receiver: StandIn
  let collector: StandIn
  const webhooks: string[] = []
  const traces: string[] = []

  /** Refuses some people's mails, and quotes what it dislikes in them; in one's the token of somebody else. */
  let planting = ''
  const contentFilter: Script = (_, to, source) => {
    const text = sourceText(source)
    const link = /https?:\S+#[\w-]{43}/.exec(text)?.[0] ?? ''
    const code = /\b\d{4} \d{4}\b/.exec(text)?.[0]
    const words = `blocked ${link} and ${encodeURIComponent(link)} and ${code}`
    if (to.startsWith('held')) return { code: 451, text: `4.3.0 ${words}` }
    if (to.startsWith('refused')) return { code: 550, text: `5.1.1 ${words}` }
    if (to.startsWith('planted')) return { code: 550, text: `5.7.1 looks like #${planting}` }
    return 'take'
  }

  beforeAll(async () => {
    receiver = await standIn(({ headers, body }) => webhooks.push(JSON.stringify(headers) + body))
    collector = await standIn(({ body }, response) => {
      traces.push(body)
      response.end('{}')
    })
    database = await freshDatabase()
    redisUrl = backend === 'redis' ? await freshRedis() : ''
    deployment = await deploy({
      script: contentFilter,
      env: {
        DATABASE_URL: database.url,
        REDIS_URL: redisUrl,
        LOG_LEVEL: 'debug',
        WEBHOOK_ALLOW: '127.0.0.1',
        OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
        OTEL_BSP_SCHEDULE_DELAY: '100',
      },
    })
  }, 120_000)
  afterAll(async () => {
    await deployment?.close()
    await database?.drop()
    receiver?.close()
    collector?.close()
  })

  test('after a full run the token, the code and the new password are found nowhere, in no form; planted ones are', async () => {
    const { call, adminKey, mailServer, apis, workers } = deployment
    const sql = postgres(database.url, { max: 1, onnotice: () => {} })
    try {
      const { body: app } = await call('POST', '/v1/applications', {
        key: adminKey,
        body: { name: 'Acme', limits: noLimits },
      })
      const key = app.keys.secret
      const { body: hook } = await call('POST', '/v1/webhooks', { key, body: { url: receiver.url } })
      const { body: person } = await call('POST', '/v1/accounts', {
        key,
        body: { login: 'idle', email: 'idle@example.com' },
      })
      const ask = async (login: string) => {
        await call('POST', '/v1/accounts', { key, body: { login, email: login } })
        const { body } = await call('POST', '/v1/reset-requests', { key, body: { login } })
        const { mails } = await until('its first try is written down', async () => {
          const read = await call('GET', `/v1/reset-requests/${body.id}`, { key })
          return read.body.mails[0]?.attempts.length > 0 ? read.body : undefined
        })
        return { id: body.id as string, response: mails[0].attempts[0].response as string }
      }
      const reset = async (login: string) => {
        const { id } = await ask(login)
        const { text = '' } = await mailServer.mail(login)
        return { id, ...secretsIn(text) }
      }
      const quoted = async (login: string) => {
        const asked = await ask(login)
        const source = mailServer.seen.find(each => each.includes(`To: ${login}`)) ?? ''
        return { ...asked, ...secretsIn(sourceText(source)) }
      }
      const verbs = tokenCalls(call, key)
      const used = await reset('used@example.com')
      expect((await verbs.peek(used.token)).status).toBe(200)
      expect((await verbs.complete(used.token, goodPassword)).status).toBe(200)
      const live = await reset('live@example.com')
      const swapped = await reset('swapped@example.com')
      const exchanged = await verbs.exchange(swapped.id, swapped.code)
      expect(exchanged.status).toBe(200)
      const held = await quoted('held@example.com')
      const refused = await quoted('refused@example.com')
      for (const { response } of [held, refused])
        expect(response).toMatch(/blocked \S+#\[removed\] and \S+%23\[removed\] and \[removed\]$/)
      const heard = (text: string) => webhooks.some(each => each.includes(text))
      await until('every webhook', () => (webhooks.length >= 11 && heard('reset.failed') ? true : undefined))
      await until('a trace of the exchange', () =>
        traces.join('').includes('/v1/reset-codes/exchange') ? true : undefined,
      )

      const everyRequest = [used, live, swapped, held, refused]
      const askAll = async () => {
        const requests = everyRequest.map(({ id }) => id)
        const known = { requests, applicationId: app.id, webhookId: hook.id, accountId: person.id }
        const answers = await readAll({ call, url: apis[0].url, adminKey, secretKey: key }, known)
        const figures = await Promise.all(
          [...apis, ...workers].map(async ({ url }) => await (await fetch(`${url}/metrics`)).text()),
        )
        return [answers, ...figures].join('\n')
      }
      const look = async () => ({
        postgres: await dumpPostgres(sql),
        ...(redisUrl && { redis: await dumpRedis(redisUrl) }),
        logs: [...apis, ...workers].map(part => part.output()).join('\n'),
        webhooks: webhooks.join('\n'),
        traces: traces.join('\n'),
        answers: await askAll(),
      })
      const places = await look()
      // Places that hold nothing would prove nothing.
      for (const [place, text] of Object.entries(places))
        expect([place, text.length > 100]).toEqual([place, true])
      expect(places.postgres).toContain(createHash('sha256').update(live.token).digest('hex'))
      const tokens = [...everyRequest.map(({ token }) => token), exchanged.body.token]
      for (const secret of [...tokens, goodPassword, key, adminKey])
        expect(searchFor(secret, places)).toEqual([])
      for (const { code } of everyRequest) expect(searchForCode(code, places)).toEqual([])

      // Each place by what really writes there; a database and a Redis hold other forms than texts, too.
      planting = live.token
      everyRequest.push(await quoted('planted@example.com'))
      await until('the webhook with it', () => (heard(planting) ? true : undefined))
      const trace = `00-${randomBytes(16).toString('hex')}-${randomBytes(8).toString('hex')}-01`
      const headers = { traceparent: trace, tracestate: `planted=${planting}` }
      await call('GET', '/v1/reset-requests', { key, headers })
      await until('the trace with it', () => (traces.join('').includes(planting) ? true : undefined))
      const server = { databaseUrl: database.url, ...(redisUrl && { redisUrl }) }
      const queues = openQueues({ backend: openBackend(server), log: { info() {}, warn() {}, error() {} } })
      // A job of nothing fails, and the worker's log says which one it was.
      await queues.add('mail', [{ id: planting, data: {} as never }])
      await queues.close()
      await until('the log line with it', () => workers[0]?.output().includes(planting) || undefined)
      await sql`create table planted (text text, bytes bytea)`
      await sql`insert into planted values (${`x${planting}x`}, ${Buffer.from(planting, 'base64url')})`
      if (redisUrl) await plantInRedis(redisUrl, planting)
      const planted = await look()
      for (const [place, text] of Object.entries(planted))
        expect([place, searchFor(planting, { [place]: text })]).not.toEqual([place, []])
      expect(searchFor(planting, { postgres: planted.postgres }).length).toBeGreaterThan(1)
      if (planted.redis) expect(searchFor(planting, { redis: planted.redis }).length).toBeGreaterThan(1)
    } finally {
      await sql.end({ timeout: 5 })
    }
  }, 120_000)
})

test('control: each form of a planted token is found, in whatever stands around it', () => {
  const token = 'kJ8_x-Qm3vTz0aYb5NcR7sWd1LgHf2PoUiE4yXt6VqA'
  const around = (text: string) => `some words ${text} some more`
  const planted = [
    token,
    encodeURIComponent(token),
    Buffer.from(token).toString('hex'),
    Buffer.from(token, 'base64url').toString('hex'),
    Buffer.from(token, 'base64url').toString('base64'),
    ...['', 'a', 'ab', 'abc'].map(before => Buffer.from(`${before}${token}${before}`).toString('base64')),
  ]
  for (const text of planted) expect(searchFor(token, { here: around(text) }), text).not.toEqual([])
  expect(formsOf(token).length).toBeGreaterThan(8)
  expect(searchFor(token, { here: around(token.slice(0, 20)) })).toEqual([])

  const code = '40718293'
  for (const shown of [code, '4071 8293']) {
    const forms = ['hex', 'base64'].map(form => Buffer.from(`{"code":"${shown}"}`).toString(form as 'hex'))
    for (const text of [shown, encodeURIComponent(shown), ...forms])
      expect(searchForCode(code, { here: around(text) }), text).not.toEqual([])
  }
  expect(searchForCode(code, { here: around(`1${code}`) })).toEqual([])
})
