import { describe, expect, it } from 'vitest'
import { ResetError } from '../src/errors.ts'
import { checkOrigin, checkRedirect, checkResetUrl } from '../src/redirect.ts'

const allowed = ['https://app.example.com']

describe('a redirect target', () => {
  it.each([
    ['https://app.example.com', 'https://app.example.com/'],
    ['https://app.example.com/welcome?a=1#top', 'https://app.example.com/welcome?a=1#top'],
    ['https://app.example.com:443/x', 'https://app.example.com/x'],
  ])('with an allowed origin is taken: %s', (text, url) => {
    expect(checkRedirect(text, allowed)).toBe(url)
  })

  // What else is refused: test/security/input-links.test.ts.
  it('is refused where there is none', () => {
    expect(() => checkRedirect('', allowed)).toThrow(ResetError)
  })
})

describe('an origin', () => {
  it.each(['https://app.example.com', 'http://localhost:3000'])('is taken: %s', text => {
    expect(checkOrigin(text, 'origin')).toBe(text)
  })
  it.each([
    'https://app.example.com/',
    'https://APP.example.com',
    'https://app.example.com:443',
    'null',
    '*',
    'https://*.example.com/',
    'app.example.com',
    'file:///etc',
  ])('is refused: %s', text => {
    expect(() => checkOrigin(text, 'origin')).toThrow(ResetError)
  })
})

describe("an application's own page", () => {
  it('has the token in its fragment', () => {
    const text = 'https://app.example.com/reset?lang=de#token={token}'
    expect(checkResetUrl(text)).toBe(text)
  })
  it.each([
    'https://app.example.com/reset',
    'https://app.example.com/reset?token={token}',
    'https://app.example.com/{token}#{token}',
    'javascript:alert(1)#{token}',
    'https://user@app.example.com/#{token}',
    // No mail could carry them.
    'https://app.example.com/#{token}?lang={locale}',
    "https://app.example.com/o'neill#{token}",
    'https://app.example.com/a|b#{token}',
    'https://app.example.com/#{token}{token}',
  ])('is refused: %s', text => {
    expect(() => checkResetUrl(text)).toThrow(ResetError)
  })
})
