import { afterAll, beforeAll, expect, test } from 'vitest'
import { startMailServer } from './support/mail-server.ts'
import { type Sparekey, startSparekey, until } from './support/sparekey.ts'

let server: Awaited<ReturnType<typeof startMailServer>>
let sparekey: Sparekey
let app: Awaited<ReturnType<Sparekey['application']>>
beforeAll(async () => {
  server = await startMailServer(() => ({ code: 451, text: '4.3.0 not now' }))
  sparekey = await startSparekey({ smtpUrls: [server.url] })
  app = await sparekey.application()
})
afterAll(async () => {
  await sparekey?.close()
  await server?.close()
})

/** A request whose mail was put off. */
async function delayed(login: string): Promise<string> {
  const { call, sql } = sparekey
  await call('POST', '/v1/accounts', { key: app.secret, body: { login, email: login } })
  const { body } = await call('POST', '/v1/reset-requests', { key: app.secret, body: { login } })
  await until('its first try', async () => {
    const [mail] =
      await sql`select from mails where request_id = ${body.id} and status = 'queued' and tries = 1`
    return mail
  })
  return body.id
}

test.each(['cancel', 'resend'])(
  'to %s does not wait for a mail that a worker has in hand just then; the mail is called off by the worker',
  async verb => {
    const id = await delayed(`${verb}@example.com`)
    const statusOf = async () => {
      const [mail] = await sparekey.sql`select status from mails where request_id = ${id} order by id limit 1`
      return mail?.status
    }
    const seen = () => server.seen.filter(source => source.includes(`To: ${verb}@example.com`)).length
    await sparekey.sql.begin(async worker => {
      await worker`select from mails where request_id = ${id} for update`
      const answer = await sparekey.call('POST', `/v1/reset-requests/${id}/${verb}`, { key: app.secret })
      expect(answer.status).toBe(200)
    })
    expect(await statusOf()).toBe('queued')
    const before = seen()
    await sparekey.sql`update mails set next_try_at = now() - interval '1 minute' where request_id = ${id}`
    await until(
      'it to be called off',
      async () => ((await statusOf()) === 'cancelled' ? true : undefined),
      90_000,
    )
    if (verb === 'cancel') expect(seen()).toBe(before)
  },
  120_000,
)
