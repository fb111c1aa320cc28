import { expect, onTestFinished } from 'vitest'
import { type Answer, callAt, type Json, until } from '../../support/sparekey.ts'

/** People who ask one after the other, each once, at whichever API answers. */
export interface Load {
  /** How many were told 202 so far. */
  accepted(): number
  /** Resolves to who was accepted, once everybody has an answer; nobody was refused. */
  stop(): Promise<string[]>
}

/** Makes an application whose people are its own affair, and whose limits nobody meets. */
export async function loadApplication(url: string, adminKey: string): Promise<string> {
  const { status, body } = await callAt(url)('POST', '/v1/applications', {
    key: adminKey,
    body: {
      name: 'Load',
      directory: 'caller',
      resetUrl: 'https://app.example.com/reset#{token}',
      limits: { perAddressMinute: 100_000, perKeyMinute: 100_000 },
    },
  })
  expect(status).toBe(201)
  return body.keys.secret
}

/**
 * Asks every so many milliseconds. Who finds an API gone asks the next one under the same Idempotency-Key, as a load
 * balancer's clients do: what the first had accepted already must not be doubled.
 */
export function startLoad(urls: string[], key: string, everyMs: number): Load {
  const accepted: string[] = []
  const refused: Answer[] = []
  const asking: Promise<void>[] = []
  let people = 0

  async function ask(n: number): Promise<void> {
    const email = `person${n}@example.com`
    const body = { login: email, recipient: { id: `${n}`, email } }
    let tries = n
    const answer = await until(`an answer to ${email}`, () =>
      callAt(urls[tries++ % urls.length] ?? '')('POST', '/v1/reset-requests', {
        key,
        body,
        headers: { 'Idempotency-Key': email },
      }).catch(() => undefined),
    )
    if (answer.status === 202) accepted.push(email)
    else refused.push(answer)
  }

  const timer = setInterval(() => asking.push(ask(people++)), everyMs)
  onTestFinished(() => clearInterval(timer))
  return {
    accepted: () => accepted.length,
    async stop() {
      clearInterval(timer)
      await Promise.all(asking)
      expect(refused).toEqual([])
      return accepted
    },
  }
}

interface Deployed {
  call: (method: 'GET', path: string, options: { key: string }) => Promise<Answer>
  adminKey: string
  mailServer: { taken: string[] }
}

/** Waits until everybody has a mail and the queue has nothing left that could double one; then nobody has two. */
export async function expectOneMailEach({ call, adminKey, mailServer }: Deployed, people: string[]) {
  const got = () => mailServer.taken.map(source => /^To: .*?(person\d+@example\.com)/m.exec(source)?.[1])
  await until(
    'a mail for everybody',
    () => {
      const seen = new Set(got())
      return people.every(person => seen.has(person)) || undefined
    },
    120_000,
  )
  await until(
    'an empty queue',
    async () => {
      const { status, body } = await call('GET', '/v1/queues', { key: adminKey })
      const mail = status === 200 && body.items.find(({ name }: Json) => name === 'mail').counts
      return (mail && mail.waiting + mail.active + mail.delayed === 0) || undefined
    },
    60_000,
  )
  expect(got().sort()).toEqual([...people].sort())
  const ids = mailServer.taken.map(source => /^Message-ID: (.*)$/m.exec(source)?.[1])
  expect(new Set(ids).size).toBe(people.length)
}
