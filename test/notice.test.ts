import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Sparekey, startSparekey, tokenOf } from './support/sparekey.ts'

const password = 'violet kayak hums at dawn'
let sparekey: Sparekey
let people = 0
beforeAll(async () => {
  sparekey = await startSparekey()
})
afterAll(() => sparekey?.close())

/** Sets a new person's password; resolves to the answer, and to the text of the notice. */
async function reset(by: 'secret' | 'publishable', client?: object) {
  const app = await sparekey.application()
  const login = `noticed${++people}@example.com`
  await sparekey.call('POST', '/v1/accounts', { key: app.secret, body: { login, email: login } })
  await sparekey.call('POST', '/v1/reset-requests', { key: app.publishable, body: { login } })
  const token = tokenOf(await sparekey.mail(login))
  const { status } = await sparekey.call('POST', '/v1/password-resets', {
    key: app[by],
    body: { token, password, ...(client ? { client } : {}) },
    headers: { 'user-agent': 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0' },
  })
  return { status, text: async () => (await sparekey.mail(login, 1)).text }
}

test('the notice names who set the password from a browser', async () => {
  const { status, text } = await reset('publishable')
  expect(status).toBe(200)
  expect(await text()).toMatch(/From address:? +(::ffff:)?(127\.0\.0\.1|::1)/)
})

test('of an application’s own server it names no address, but the person’s where that is told', async () => {
  const untold = await (await reset('secret')).text()
  expect(untold).toContain('changed')
  expect(untold).not.toContain('From address')
  expect(untold).not.toContain('Firefox')
  expect(await (await reset('secret', { ip: '203.0.113.7' })).text()).toMatch(
    /From address:? +203\.0\.113\.7/,
  )
})

test('who has no secret key can’t name another’s address', async () => {
  expect((await reset('publishable', { ip: '203.0.113.7' })).status).toBe(403)
})
