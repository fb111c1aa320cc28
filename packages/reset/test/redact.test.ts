import { describe, expect, test } from 'vitest'
import { redact } from '../src/redact.ts'

const token = 'kJ8_x-Qm3vTz0aYb5NcR7sWd1LgHf2PoUiE4yXt6VqA'
const carried = { token, code: '31415926' }
const escaped = (text: string) => [...text].map(one => `%${one.charCodeAt(0).toString(16)}`).join('')

describe('a mail server’s words lose', () => {
  test.each<[string, string, string]>([
    [
      'the token',
      `451 blocked https://x.test/reset#${token}.`,
      '451 blocked https://x.test/reset#[removed].',
    ],
    ['the token, escaped', `blocked ${escaped(token)}!`, 'blocked [removed]!'],
    ['the token, escaped in capitals', `blocked ${escaped(token).toUpperCase()}!`, 'blocked [removed]!'],
    ['what is escaped in it', token.replace('_', '%5F').replace('-', '%2d'), '[removed]'],
    ['the token in small letters', `#${token.toLowerCase()}`, '#[removed]'],
    ['the token in capitals', `#${token.toUpperCase()}`, '#[removed]'],
    ['its beginning', `cut ${token.slice(0, 12)}`, 'cut [removed]'],
    ['its end', `…${token.slice(-12)} cut`, '…[removed] cut'],
    ['its middle', `x${token.slice(9, 30)}x`, 'x[removed]x'],
    ['its parts', `${token.slice(0, 20)}= 451-${token.slice(20)}`, '[removed]= 451-[removed]'],
    ['the token twice', `${token} ${token}`, '[removed] [removed]'],
    ['the code', 'code 31415926.', 'code [removed].'],
    ['the code as the mail shows it', 'code 3141 5926', 'code [removed]'],
    ['the code with a hyphen', 'code 3141-5926', 'code [removed]'],
    ['the code with escaped blanks', 'code=3141%205926&', 'code=[removed]&'],
    ['the code, escaped', escaped('3141 5926'), '[removed]'],
    ['the code amid letters', 'x31415926x', 'x[removed]x'],
    ['the code, cut off', 'code 3141 59', 'code [removed]'],
    ['all of it', `${token}: 3141 5926`, '[removed]: [removed]'],
  ])('%s', (_, words, left) => {
    expect(redact(words, carried)).toBe(left)
  })
})

test.each([
  '250 2.0.0 Ok: queued as 4XyzAB12cd',
  `too little of it: ${token.slice(0, 11)}`,
  'three digits of it: 314',
  'amid other words: 3141, 59',
  '100%, %zz and İ𝒜 stay',
])('all other words stay: %s', words => {
  expect(redact(words, carried)).toBe(words)
})

test('a mail that carries nothing, or a short code, is no matter', () => {
  expect(redact(`#${token} 31415926`, {})).toBe(`#${token} 31415926`)
  expect(redact('code 314 159', { token, code: '314159' })).toBe('code [removed]')
})
