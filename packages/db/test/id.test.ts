import { expect, test } from 'vitest'
import { isId, makeId } from '../src/id.ts'

test('ids carry their prefix, differ, and sort by time', () => {
  const ids = [1_000, 2_000, 1_700_000_000_000].map(now => makeId('req', now))
  expect([...ids].reverse().sort()).toEqual(ids)
  expect(ids.every(id => isId('req', id))).toBe(true)
  expect(new Set(Array.from({ length: 10_000 }, () => makeId('req'))).size).toBe(10_000)
})

test.each([
  '',
  'req_',
  'app_01j00000000000000000000000',
  'req_81j00000000000000000000000',
  'req_01J00000000000000000000000',
])('%j is no id of a request', text => {
  expect(isId('req', text)).toBe(false)
})
