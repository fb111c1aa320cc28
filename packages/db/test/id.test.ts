import fc from 'fast-check'
import { expect, test } from 'vitest'
import { firstId, type IdPrefix, isId, makeId } from '../src/id.ts'

/** Those that Unicode has not given out, and halves of pairs, too. */
const anyCharacter = fc.nat(0x10ffff).map(at => String.fromCodePoint(at))

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

const prefix = fc.constantFrom<IdPrefix>('app', 'key', 'acc', 'req', 'mail', 'hook', 'msg', 'sup')
const moment = fc.integer({ min: 0, max: 2 ** 48 - 1 })

test('an id is one of its own prefix alone, and sorts by its time among all that are ever made', () => {
  fc.assert(
    fc.property(prefix, prefix, moment, moment, (own, other, now, then) => {
      const id = makeId(own, now)
      expect(isId(own, id)).toBe(true)
      expect(isId(other, id)).toBe(own === other)
      expect(id >= firstId(own, new Date(then))).toBe(now >= then)
      if (now !== then) expect(id < makeId(own, then)).toBe(now < then)
    }),
  )
})

test('an id with anything put in, taken out or changed is none, unless it is still of the same form', () => {
  const form = /^[a-z]{3,4}_[0-7][0-9abcdefghjkmnpqrstvwxyz]{25}$/
  fc.assert(
    fc.property(
      prefix,
      fc.nat(31),
      fc.nat(2),
      fc.string({ unit: anyCharacter, maxLength: 3 }),
      (own, at, cut, text) => {
        const id = makeId(own)
        const changed = id.slice(0, at) + text + id.slice(at + cut)
        expect(isId(own, changed)).toBe(form.test(changed) && changed.startsWith(`${own}_`))
        expect(isId(own, text)).toBe(false)
      },
    ),
  )
})
