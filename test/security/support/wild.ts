import type { Json } from '../../support/sparekey.ts'
import type { Random } from './random.ts'

const texts = [
  '', ' ', '\0', '\n', '\r\nX: y', '\u2028', '\ud800', '\u202e', '🦊', 'ß', 'x'.repeat(300), 'x'.repeat(5000), '-1',
  '1e999', 'null', 'true', '[object Object]', "' or 1=1 --", '<b>', '{{7*7}}', '../..', '%00', '%2e%2e', '__proto__',
  'constructor', 'https://evil.test', '//x', 'a@x.test', 'a@x.test\r\nb@x.test', '0001-01-01T00:00:00Z',
  '9999-12-31T23:59:59Z', '2026-02-30T00:00:00Z', '+275760-09-13T00:00:00Z',
] // biome-ignore format: one glance is enough
const numbers = [0, -1, 1, 0.5, 2 ** 31, 2 ** 53, -(2 ** 63), 1e308, 5e-324]

/** Makes values out of schemas: some as they should be, some as nobody should send them. */
export function createWild(random: Random, document: Json, known: Record<string, string[]>) {
  const chance = (of: number) => random.next() < of
  const resolve = (schema: Json): Json => {
    let at = schema ?? {}
    while (at.$ref) {
      at = at.$ref
        .slice(2)
        .split('/')
        .reduce((from: Json, name: string) => from[name], document)
    }
    return at
  }

  /** Any value at all. */
  function anything(depth = 0): unknown {
    const kind = random.below(depth > 2 ? 4 : 6)
    if (kind === 0) return random.pick(texts)
    if (kind === 1) return random.pick(numbers)
    if (kind === 2) return random.pick([null, true, false])
    if (kind === 3) return random.text([...'abcABC019@._-\u00e4 '], 20)
    if (kind === 4) return Array.from({ length: random.below(4) }, () => anything(depth + 1))
    return Object.fromEntries(
      Array.from({ length: random.below(4) }, () => [random.pick(texts) || 'a', anything(depth + 1)]),
    )
  }

  /** A value that the schema may well take. */
  function fitting(of: Json, wildness: number, name = ''): unknown {
    const schema = resolve(of)
    if (chance(wildness)) return anything()
    const choices = schema.anyOf ?? schema.oneOf
    if (choices) return fitting(random.pick(choices), wildness, name)
    if (schema.allOf) return Object.assign({}, ...schema.allOf.map((part: Json) => fitting(part, wildness)))
    if (schema.const !== undefined) return schema.const
    if (schema.enum) return random.pick(schema.enum)
    const type = Array.isArray(schema.type) ? random.pick<string>(schema.type) : schema.type
    if (type === 'object' || schema.properties) return object(schema, wildness)
    if (type === 'array')
      return Array.from({ length: random.below(3) }, () => fitting(schema.items, wildness))
    if (type === 'integer' || type === 'number') {
      const least = schema.minimum ?? 0
      return least + random.below(Math.min((schema.maximum ?? 1000) - least, 1000) + 1)
    }
    if (type === 'boolean') return chance(0.5)
    if (type === 'null') return null
    const own = known[name]
    if (own && chance(0.7)) return random.pick(own)
    if (schema.example !== undefined && chance(0.6)) return schema.example
    return (
      random.text([...'abcdefghijklmnopqrstuvwxyz0123456789'], Math.min(schema.maxLength ?? 20, 30)) || 'a'
    )
  }

  function object(schema: Json, wildness: number): object {
    const required = new Set(schema.required ?? [])
    const members = Object.entries<Json>(schema.properties ?? {})
      .filter(([name]) => (required.has(name) ? !chance(wildness / 2) : chance(0.4)))
      .map(([name, member]) => [name, fitting(member, wildness, name)])
    if (chance(wildness / 2)) members.push([random.pick(texts) || 'more', anything()])
    return Object.fromEntries(members)
  }

  return { anything, fitting, chance }
}
