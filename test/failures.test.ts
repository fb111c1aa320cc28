import { openBackend } from '@sparekey/queue/backend'
import { openQueues } from '@sparekey/queue/queues'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { standIn } from './security/support/stand-in.ts'
import { freshRedis } from './support/database.ts'
import { startMailServer } from './support/mail-server.ts'
import { type Sparekey, startSparekey, tokenOf, until } from './support/sparekey.ts'

const opened: { close(): unknown }[] = []
afterAll(async () => {
  for (const thing of opened.splice(0).reverse()) await thing.close()
})

const told: { type: string; data: { login: string; reason: string } }[] = []
let server: Awaited<ReturnType<typeof startMailServer>>
let sparekey: Sparekey
let app: Awaited<ReturnType<Sparekey['application']>>
let redisUrl: string
let refused: string
beforeAll(async () => {
  const receiver = await standIn(({ body }) => told.push(JSON.parse(body)))
  opened.push(receiver)
  server = await startMailServer((_, to, source) => {
    if (to.startsWith('refused') || !source.includes('Reset your')) return { code: 550, text: '5.7.1 no' }
    return to.startsWith('taken') ? 'take' : { code: 451, text: '4.3.0 not now' }
  })
  opened.push(server)
  redisUrl = await freshRedis()
  sparekey = await startSparekey({
    backend: 'redis',
    redisUrl,
    smtpUrls: [server.url],
    env: { WEBHOOK_ALLOW: '127.0.0.1' },
  })
  opened.push(sparekey)
  app = await sparekey.application()
  const body = { url: receiver.url, events: ['reset.failed'] }
  await sparekey.call('POST', '/v1/webhooks', { key: app.secret, body })
})

async function ask(login: string): Promise<string> {
  await sparekey.call('POST', '/v1/accounts', { key: app.secret, body: { login, email: login } })
  const answer = await sparekey.call('POST', '/v1/reset-requests', { key: app.publishable, body: { login } })
  expect(answer.status).toBe(202)
  return answer.body.id
}
/** What the webhook for the failure gives as its reason. */
const reasonOf = (login: string) =>
  until(`the webhook for ${login}`, () => told.find(({ data }) => data.login === login)?.data.reason)
const firstTry = (login: string) =>
  until('a first try', async () => {
    const [mail] = await sparekey.sql`select id from mails where tries = 1 and to_address = ${login}`
    return mail
  })
const queue = (verb: 'pause' | 'resume') =>
  sparekey.call('POST', `/v1/queues/mail/${verb}`, { key: sparekey.adminKey })
const failedBy = (counts: Record<string, number>) =>
  until('the counts', async () => {
    const path = '/v1/stats?window=5m'
    const { failedBy } = (await sparekey.call('GET', path, { key: sparekey.adminKey })).body
    return Object.entries(counts).every(([why, count]) => failedBy[why] === count) || undefined
  })

test('a refused mail is told with the words of its server, and counted as refused', async () => {
  refused = await ask('refused@example.com')
  expect(await reasonOf('refused@example.com')).toMatch(/^550 5.7.1 no/)
  await failedBy({ refused: 1, out_of_tries: 0, out_of_time: 0, unsendable: 0 })
})

test('a request is found by what became of it, and no more once it is sent again', async () => {
  const found = async (status: string) =>
    (await sparekey.call('GET', `/v1/reset-requests?status=${status}`, { key: app.secret })).body.items.map(
      ({ id }: { id: string }) => id,
    )
  expect(await found('failed')).toEqual([refused])
  await queue('pause')
  await sparekey.call('POST', `/v1/reset-requests/${refused}/resend`, { key: app.secret })
  expect(await found('failed')).toEqual([])
  await sparekey.call('POST', `/v1/reset-requests/${refused}/cancel`, { key: app.secret })
  expect(await found('cancelled')).toEqual([refused])
  await queue('resume')
})

test('a mail whose tries are used up is told with its last answer, and counted as out of tries', async () => {
  const login = 'tries@example.com'
  await ask(login)
  await firstTry(login)
  await sparekey.sql`update mails set tries = 9 where to_address = ${login}`
  expect(await reasonOf(login)).toMatch(/^out of tries: 451 4.3.0 not now/)
  await failedBy({ refused: 1, out_of_tries: 1, out_of_time: 0, unsendable: 0 })
})

test('a mail whose time is over, and a request that no worker took, are told and counted as out of time', async () => {
  const [tried, never] = ['time@example.com', 'never@example.com'] as const
  await ask(tried)
  await firstTry(tried)
  // Nobody takes up anything more; then the time is over.
  await queue('pause')
  await ask(never)
  await sparekey.sql`update mails set deliver_before = now() where to_address = ${tried}`
  // And its link's, as counted from its minting: it still did not expire but fail.
  await sparekey.sql`update reset_requests set expires_at = now() - interval '1 hour', deliver_before = now() where login = ${tried}`
  await sparekey.sql`update reset_requests set deliver_before = now() where login = ${never}`
  const queues = openQueues({
    backend: openBackend({ redisUrl, databaseUrl: sparekey.databaseUrl }),
    log: { info() {}, warn() {}, error() {} },
  })
  await queues.add('housekeeping', [{ id: 'at-once', data: { task: 'expire' } }])
  await queues.close()
  expect(await reasonOf(tried)).toMatch(/^out of time: 451 4.3.0 not now/)
  expect(await reasonOf(never)).toBe('out of time: no worker took it')
  await queue('resume')
  await failedBy({ refused: 1, out_of_tries: 1, out_of_time: 2, unsendable: 0 })
})

test('a mail whose key was taken out of the secret is told and counted as unsendable', async () => {
  const login = 'keyless@example.com'
  await ask(login)
  await firstTry(login)
  await sparekey.sql`update reset_requests set secret_id = 'gone' where login = ${login}`
  await sparekey.sql`update mails set next_try_at = now() where to_address = ${login}`
  expect(await reasonOf(login)).toBe('the key that minted this token is gone')
  await failedBy({ refused: 1, out_of_tries: 1, out_of_time: 2, unsendable: 1 })
})

test('a notice that fails is no failed request', async () => {
  const login = 'taken@example.com'
  const id = await ask(login)
  const token = tokenOf(await server.mail(login))
  await sparekey.call('POST', '/v1/password-resets', {
    body: { token, password: 'violet kayak hums at dawn' },
  })
  await until('its notice to be refused', async () => {
    const { body } = await sparekey.call('GET', `/v1/reset-requests/${id}`, { key: app.secret })
    return body.mails[1]?.status === 'failed' || undefined
  })
  expect(told.map(({ type }) => type)).toEqual(Array(5).fill('reset.failed'))
  await failedBy({ refused: 1, out_of_tries: 1, out_of_time: 2, unsendable: 1 })
})
