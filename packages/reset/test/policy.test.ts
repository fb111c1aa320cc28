import { describe, expect, it } from 'vitest'
import { checkPassword, type PolicyFacts } from '../src/passwords/policy.ts'

const check = (password: string, facts: Partial<PolicyFacts> = {}) =>
  checkPassword(password, {
    minLength: 15,
    login: 'anna@example.com',
    applicationName: 'Acme Shop',
    ...facts,
  })

describe('a new password', () => {
  it.each([
    'correct horse battery staple',
    'tangled river copper sky',
    'mein hund mag gerne kaese',
    'x8#kQ2!vLm9@Zp4wR',
    'пароль из нескольких слов',
    '馬と電池とホチキスの正しい長い合言葉',
    '🐴🔋📎✅🎈🌍🚲🍕🎸🦊🌵🧊🪁🎲🧭',
    `${'long passphrases are fine '.repeat(9)}ok`,
    'anna walks to the lake on sundays',
  ])('is taken: %s', async password => {
    expect(await check(password)).toEqual([])
  })

  it.each([
    'a'.repeat(16),
    'passwordpassword',
    'qwertyuiopasdfgh',
    '1234567890123456',
    'abcdefghijklmnop',
    '1q2w3e4r5t6y7u8i',
  ])('is refused for being guessed at once: %s', async password => {
    const reasons = await check(password)
    expect(reasons.some(reason => reason === 'too_guessable' || reason === 'too_common')).toBe(true)
  })

  it('has its length counted in code points of its NFC form', async () => {
    const facts = { minLength: 8 }
    expect(await check('🐴🔋📎✅🎈🌍🚲', facts)).toContain('too_short')
    expect(await check('🐴🔋📎✅🎈🌍🚲🍕', facts)).not.toContain('too_short')
    expect(await check('u\u0308kzmpqw', facts)).toContain('too_short')
    expect(await check('u\u0308kzmpqwj', facts)).not.toContain('too_short')
  })

  it('may have 256 characters and no more', async () => {
    const most = Array.from({ length: 256 }, (_, i) =>
      String.fromCharCode(97 + ((i * i * 7 + i * 3) % 26)),
    ).join('')
    expect(await check(most)).not.toContain('too_long')
    expect(await check(`${most}x`)).toEqual(['too_long'])
    expect(await check('x'.repeat(1_000_000))).toEqual(['too_long'])
  })

  it('is not a common one, in whatever case', async () => {
    expect(await check('PassWord', { minLength: 8 })).toEqual(['too_common'])
  })

  it.each([
    'anna@example.com',
    'Anna.Example.Com',
    'annaanna-anna12345',
    'acme shop acme 1',
    'anna@example.com1234',
  ])('is refused for being like the login or the application: %s', async password => {
    expect(await check(password)).toContain('like_login')
  })

  it('may hold a word of the login beside enough else', async () => {
    expect(await check('annabelle-x7#kQ2!vTz', { login: 'annabelle@example.com' })).toEqual([])
  })

  it('is refused for the account’s address and name too', async () => {
    expect(await check('maria.miller2024', { login: 'm1', email: 'maria.miller@example.com' })).toContain(
      'like_login',
    )
    expect(await check('ottokar weinstein', { name: 'Ottokar Weinstein' })).toContain('like_login')
  })

  it('needs no digits, capitals or signs', async () => {
    expect(await check('zebra lantern quilt mossy')).toEqual([])
  })

  it('of 8 random characters passes where the application asks for 8', async () => {
    expect(await check('k7#vQ2!x', { minLength: 8 })).toEqual([])
  })
})
