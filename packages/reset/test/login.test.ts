import { describe, expect, it } from 'vitest'
import { loginKey, maskLogin } from '../src/login.ts'

describe('a login as it is compared', () => {
  it('is one in every spelling of ASCII case, composition and outer space', () => {
    expect(loginKey(' Anna@Example.COM ')).toBe('anna@example.com')
    expect(loginKey('zoe\u0308')).toBe(loginKey('zo\u00eb'))
  })

  it.each([
    ['mıke@example.com', 'mike@example.com'],
    ['İris@example.com', 'iris@example.com'],
    ['\u017fam@example.com', 'sam@example.com'],
    ['stra\u00dfe@example.com', 'strasse@example.com'],
    ['\ufb01x@example.com', 'fix@example.com'],
    ['ａnna@example.com', 'anna@example.com'],
  ])('does not become another one: %s', (text, other) => {
    expect(loginKey(text)).not.toBe(loginKey(other))
  })
})

describe('a masked login', () => {
  it.each([
    ['anna@example.com', 'a•••@example.com'],
    ['anna', 'a•••'],
    ['🦊fox@example.com', '🦊•••@example.com'],
    ['@example.com', '@•••'],
    ['', '•••'],
  ])('keeps the first letter and the domain: %s', (login, masked) => {
    expect(maskLogin(login)).toBe(masked)
  })
})
