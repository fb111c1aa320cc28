import { expect, test } from 'vitest'
import { startSparekey } from './support/sparekey.ts'

test('who holds the publishable key, as anybody may, can’t use the server’s Idempotency-Key up', async () => {
  const sparekey = await startSparekey({ worker: false })
  try {
    const app = await sparekey.application()
    const ask = (key: string, login: string) =>
      sparekey.call('POST', '/v1/reset-requests', {
        key,
        body: { login },
        headers: { 'idempotency-key': 'reset-of-user-17' },
      })
    const guessed = await ask(app.publishable, 'mallory@example.com')
    const asked = await ask(app.secret, 'anna@example.com')
    expect([guessed.status, asked.status]).toEqual([202, 202])
    expect((await ask(app.secret, 'anna@example.com')).body.id).toBe(asked.body.id)
    expect((await ask(app.publishable, 'anna@example.com')).status).toBe(422)
  } finally {
    await sparekey.close()
  }
})
