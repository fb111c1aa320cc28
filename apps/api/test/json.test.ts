import { expect, test } from 'vitest'
import { canonicalJson, parseJson } from '../src/json.ts'

test('reads what JSON.parse reads', () => {
  const text = '{"a": [1, {"b": "{\\"x\\": [", "c": null}], "d": {"a": 1}}'
  expect(parseJson(text)).toEqual(JSON.parse(text))
})

test.each([
  ['a key twice', '{"a":1,"a":2}'],
  ['a key twice, once escaped', '{"a":1,"\\u0061":2}'],
  ['100,000 levels', '['.repeat(100_000)],
  ['no JSON', '{'],
  ['nothing', ''],
])('%s is malformed', (_, text) => {
  expect(() => parseJson(text)).toThrow(expect.objectContaining({ code: 'malformed_json' }))
})

test.each(['__proto__', 'constructor', '\\u005f_proto__'])('the key %s is refused', key => {
  expect(() => parseJson(`{"metadata":{"${key}":1}}`)).toThrow(
    expect.objectContaining({ code: 'invalid_request' }),
  )
})

test('the order of keys does not matter to an idempotent call, values do', () => {
  expect(canonicalJson({ a: 1, b: { c: [1], d: 2 } })).toBe(canonicalJson({ b: { d: 2, c: [1] }, a: 1 }))
  expect(canonicalJson({ a: 1 })).not.toBe(canonicalJson({ a: '1' }))
})
