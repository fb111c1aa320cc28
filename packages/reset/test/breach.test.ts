import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createBreachCheck } from '../src/passwords/breach.ts'
import { assertPassword } from '../src/passwords/check.ts'

const breached = 'tangled river copper sky'
const unknown = 'correct horse battery staple'
const digest = (text: string) => createHash('sha1').update(text).digest('hex').toUpperCase()

// Stands in for the range API of Have I Been Pwned, which is out of reach here: knows one password.
const asked: string[] = []
const server = createServer((request, response) => {
  asked.push(request.url ?? '')
  const suffixes = [`${'0'.repeat(35)}:0`, `${digest(breached).slice(5)}:17`]
  response.end(suffixes.join('\r\n'))
})
let baseUrl: string
beforeAll(async () => {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => server.close())

const log = { warn: () => {} }
const facts = { minLength: 15, login: 'anna@example.com' }

test('a password of a breach is refused, with that reason; another is taken', async () => {
  const isBreached = createBreachCheck({ baseUrl, log })
  await expect(assertPassword({ isBreached }, breached, facts)).rejects.toMatchObject({
    code: 'password_refused',
    reasons: ['breached'],
  })
  await expect(assertPassword({ isBreached }, unknown, facts)).resolves.toBeUndefined()
})

test('nothing but five characters of a digest leaves the house, and nothing for a password that is refused anyway', async () => {
  asked.length = 0
  const isBreached = createBreachCheck({ baseUrl, log })
  await assertPassword({ isBreached }, unknown, facts)
  await expect(assertPassword({ isBreached }, 'short', facts)).rejects.toMatchObject({
    code: 'password_refused',
  })
  expect(asked).toEqual([`/range/${digest(unknown).slice(0, 5)}?mode=sha1`])
})

test('where nobody answers the password is let through, with one line that does not hold it', async () => {
  const lines: string[] = []
  const listening = {
    warn: (fields: object, message: string) => lines.push(JSON.stringify({ fields, message })),
  }
  const isBreached = createBreachCheck({ baseUrl: 'http://127.0.0.1:1', timeoutMs: 300, log: listening })
  expect(await isBreached(unknown)).toBe(false)
  expect(lines).toHaveLength(1)
  expect(lines[0]).not.toContain('horse')
})
