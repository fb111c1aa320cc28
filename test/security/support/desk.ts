import { expect } from 'vitest'
import { type Call, type Sparekey, startSparekey, tokenOf } from '../../support/sparekey.ts'

/** Limits so high that a test which is not about them never meets one. */
export const noLimits = {
  perRecipientHour: 1000,
  perRecipientDay: 1000,
  perAddressMinute: 1_000_000,
  perKeyMinute: 1_000_000,
  wrongCodesHour: 1_000_000,
  wrongCodesDay: 1_000_000,
  wrongExchangesHour: 1_000_000,
  wrongExchangesDay: 1_000_000,
}

export const goodPassword = 'violet kayak hums at dawn'

type App = Awaited<ReturnType<Sparekey['application']>>
let people = 0

/** One application, and what its people and servers do with it. */
export function openDesk(sparekey: Sparekey, app: App) {
  const { call } = sparekey
  const secret = { key: app.secret }
  const ask = (login: string, more: object = {}, key = app.secret) =>
    call('POST', '/v1/reset-requests', { key, body: { login, ...more } })

  async function account(input: object = {}) {
    const email = `person${++people}@example.com`
    const answer = await call('POST', '/v1/accounts', { ...secret, body: { login: email, email, ...input } })
    expect(answer.status, JSON.stringify(answer.body)).toBe(201)
    return answer.body as { id: string; login: string; email: string }
  }

  /** A person whose mail has come. */
  async function mailed(input: object = {}, more: object = {}) {
    const person = await account(input)
    const { body } = await ask(person.login, more)
    const mail = await sparekey.mail(person.email)
    await sparekey.status(body.id, app.secret, 'sent')
    return { person, id: body.id as string, mail, token: tokenOf(mail) }
  }

  return {
    app,
    ask,
    account,
    mailed,
    ...tokenCalls(call, app.secret),
    async isPassword(login: string, password: string): Promise<boolean> {
      const { body } = await call('POST', '/v1/accounts/verify', { ...secret, body: { login, password } })
      return body.valid
    },
    /** Makes a request look older, so that the next one is not taken for its double. */
    async age(id: string) {
      await sparekey.sql`update reset_requests set created_at = created_at - interval '2 minutes' where id = ${id}`
    },
  }
}

/** The calls that look at secrets. With a secret key they are not limited by address. */
export function tokenCalls(call: Call, key?: string) {
  const by = key === undefined ? {} : { key }
  return {
    peek: (token: string) => call('POST', '/v1/reset-tokens/peek', { ...by, body: { token } }),
    complete: (token: string, password = goodPassword) =>
      call('POST', '/v1/password-resets', { ...by, body: { token, password } }),
    redeem: (token: string) => call('POST', '/v1/reset-tokens/redeem', { ...by, body: { token } }),
    exchange: (requestId: string, code: string) =>
      call('POST', '/v1/reset-codes/exchange', { ...by, body: { requestId, code } }),
  }
}

/** A Sparekey with an application of its own people, and one whose caller names the recipient; neither limits anything. */
export async function openBothDesks() {
  const sparekey = await startSparekey()
  const resetUrl = 'https://app.example.com/reset#{token}'
  const [own, called] = await Promise.all([
    sparekey.application({ limits: noLimits }),
    sparekey.application({ limits: noLimits, directory: 'caller', resetUrl }),
  ])
  return { sparekey, desk: openDesk(sparekey, own), caller: openDesk(sparekey, called) }
}

export type Desk = ReturnType<typeof openDesk>
