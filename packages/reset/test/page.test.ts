import { makeId } from '@sparekey/db/id'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ResetError } from '../src/errors.ts'
import { decodeCursor, toPage } from '../src/page.ts'

/** Those that Unicode has not given out, and halves of pairs, too. */
const anyCharacter = fc.nat(0x10ffff).map(at => String.fromCodePoint(at))

test('a page’s cursor leads on from its last item; another list’s leads nowhere', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 20 }), fc.nat(30), (limit, count) => {
      const rows = Array.from({ length: Math.min(count, limit + 1) }, () => ({ id: makeId('req') }))
      const { items, nextCursor } = toPage(rows, limit)
      expect(items).toEqual(rows.slice(0, limit))
      expect(nextCursor === null).toBe(rows.length <= limit)
      if (nextCursor === null) return
      expect(decodeCursor('req', nextCursor)).toBe(items.at(-1)?.id)
      expect(() => decodeCursor('acc', nextCursor)).toThrow(ResetError)
    }),
  )
})

test('any other text is no cursor', () => {
  const text = fc.string({ unit: anyCharacter, maxLength: 120 })
  const encoded = text.map(each => Buffer.from(each, 'utf8').toString('base64url'))
  fc.assert(
    fc.property(fc.oneof(text, encoded), cursor => {
      expect(() => decodeCursor('req', cursor)).toThrow(ResetError)
    }),
  )
})
