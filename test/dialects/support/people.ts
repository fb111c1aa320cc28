import { expect } from 'vitest'
import { type Json, type Sparekey, until } from '../../support/sparekey.ts'

let people = 0

/** An account of its own; resolves to its login, which is its address. */
export async function person(sparekey: Sparekey, key: string): Promise<string> {
  const email = `person${++people}@example.com`
  const answer = await sparekey.call('POST', '/v1/accounts', { key, body: { login: email, email } })
  expect(answer.status).toBe(201)
  return email
}

export async function verify(sparekey: Sparekey, key: string, login: string, password: string) {
  return (await sparekey.call('POST', '/v1/accounts/verify', { key, body: { login, password } })).body.valid
}

/** The newest request for a login, as its application sees it. */
export async function newest(sparekey: Sparekey, key: string, login: string): Promise<Json> {
  const path = `/v1/reset-requests?login=${encodeURIComponent(login)}`
  const id = await until(
    `a request for ${login}`,
    async () => (await sparekey.call('GET', path, { key })).body.items[0]?.id,
  )
  return (await sparekey.call('GET', `/v1/reset-requests/${id}`, { key })).body
}

/** What of an answer anybody could tell apart: all but its date and ids. */
export async function told(response: Response) {
  const headers = [...response.headers].filter(([name]) => !['date', 'x-request-id'].includes(name))
  return { status: response.status, headers, body: await response.text() }
}
