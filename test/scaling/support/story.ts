import { expect } from 'vitest'
import type { Deployment } from '../../support/deployment.ts'
import { until } from '../../support/sparekey.ts'

/** A person asks, follows the mail's link, sets a password and is told of it. Leaves no mail behind. */
export async function expectStory({ call, adminKey, mailServer }: Deployment, email: string): Promise<void> {
  const { body: app } = await call('POST', '/v1/applications', { key: adminKey, body: { name: 'Acme' } })
  const { secret, publishable } = app.keys
  await call('POST', '/v1/accounts', { key: secret, body: { login: email, email } })
  const asked = await call('POST', '/v1/reset-requests', { key: publishable, body: { login: email } })
  expect(asked.status).toBe(202)
  const mail = await mailServer.mail(email)
  const token = /#([A-Za-z0-9_-]{43})\b/.exec(mail.text ?? '')?.[1]
  await until('a request that is sent', async () => {
    const { body } = await call('GET', `/v1/reset-requests/${asked.body.id}`, { key: secret })
    return body.status === 'sent' || undefined
  })
  const password = 'violet kayak hums at dawn'
  const done = await call('POST', '/v1/password-resets', { body: { token, password } })
  expect(done).toMatchObject({ status: 200, body: { status: 'used' } })
  expect((await mailServer.mail(email, 1)).subject).toMatch(/password/i)
  mailServer.taken.length = 0
}
