import { expect, test } from 'vitest'
import { describeError } from '../src/log.ts'

test("an error is described by class, code and place, never by a driver's message", () => {
  const cause = Object.assign(new Error('Key (login)=(anna@example.com) exists'), { code: '23505' })
  const described = JSON.stringify(describeError(new Error('Failed query: anna@example.com', { cause })))
  expect(described).toContain('23505')
  expect(described).not.toContain('anna@example.com')
})

test('a message of several lines does not slip in as the place', () => {
  const described = JSON.stringify(describeError(new Error('first\n    at secret@example.com')))
  expect(described).not.toContain('secret@example.com')
})
