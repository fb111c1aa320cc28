import { createHmac, randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { deriveCode, deriveToken, digestCode, digestToken, isToken, sameDigest } from '../src/token.ts'

const key = Buffer.alloc(32, 1)
const seed = Buffer.alloc(32, 2)

describe('a token', () => {
  test('is the HMAC of purpose, request and seed, in base64url', () => {
    const expected = createHmac('sha256', key)
      .update('sparekey token\0req_1\0')
      .update(seed)
      .digest('base64url')
    expect(deriveToken(key, 'req_1', seed)).toBe(expected)
    expect(isToken(expected)).toBe(true)
  })

  test('is the same at every derivation, and another for another key, request or seed', () => {
    const tokens = [
      deriveToken(key, 'req_1', seed),
      deriveToken(Buffer.alloc(32, 9), 'req_1', seed),
      deriveToken(key, 'req_2', seed),
      deriveToken(key, 'req_1', Buffer.alloc(32, 9)),
    ]
    expect(new Set(tokens).size).toBe(4)
    expect(deriveToken(key, 'req_1', seed)).toBe(tokens[0])
  })

  test('shows no pattern: 100,000 have no double, and every position is uniform (χ², p = 10⁻⁶)', () => {
    const tokens = Array.from({ length: 100_000 }, (_, i) => deriveToken(key, `req_${i}`, randomBytes(32)))
    expect(new Set(tokens).size).toBe(tokens.length)
    // The last of the 43 characters holds 4 bits only: 16 values.
    for (let position = 0; position < 43; position++) {
      const values = position === 42 ? 16 : 64
      const counts = new Map<string, number>()
      for (const token of tokens)
        counts.set(token.charAt(position), (counts.get(token.charAt(position)) ?? 0) + 1)
      const expected = tokens.length / values
      expect(counts.size).toBe(values)
      const chi2 = [...counts.values()].reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0)
      expect(chi2).toBeLessThan(values === 64 ? 132 : 57)
    }
  })

  test('is not read out of what merely looks like one', () => {
    for (const text of ['', 'a'.repeat(42), 'a'.repeat(44), `${'a'.repeat(42)}=`, `${'a'.repeat(42)}+`]) {
      expect(isToken(text)).toBe(false)
    }
  })
})

describe('a code', () => {
  test('has the asked number of digits, leading zeros too', () => {
    const codes = Array.from({ length: 2000 }, () => deriveCode(key, 'req_1', randomBytes(32), 8))
    expect(codes.every(code => /^\d{8}$/.test(code))).toBe(true)
    expect(codes.some(code => code.startsWith('0'))).toBe(true)
  })

  test('of fewer than six digits is refused as misuse', () => {
    expect(() => deriveCode(key, 'req_1', seed, 5)).toThrow(TypeError)
  })

  test('is kept under the key, so that its digest differs by key and request', () => {
    expect(digestCode(key, 'req_1', '12345678')).not.toEqual(digestCode(key, 'req_2', '12345678'))
    expect(digestCode(key, 'req_1', '12345678')).not.toEqual(
      digestCode(Buffer.alloc(32, 9), 'req_1', '12345678'),
    )
  })
})

test('digests compare equal only with themselves, and other lengths are misuse', () => {
  const digest = digestToken('a')
  expect(sameDigest(digest, digestToken('a'))).toBe(true)
  expect(sameDigest(digest, digestToken('b'))).toBe(false)
  expect(() => sameDigest(digest, Buffer.alloc(31))).toThrow(TypeError)
})

test('a key of another length is misuse', () => {
  expect(() => deriveToken(Buffer.alloc(16), 'req_1', seed)).toThrow(TypeError)
})
