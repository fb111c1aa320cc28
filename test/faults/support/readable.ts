/** The forms in which a text may lie about: as it is, or in an encoding that anybody can turn back. */
export function formsOf(secret: string): Map<string, string> {
  const bytes = Buffer.from(secret, 'latin1')
  const isToken = /^[A-Za-z0-9_-]{43}$/.test(secret)
  const forms = new Map([
    ['hex', bytes.toString('hex')],
    ['url-encoded', [...bytes].map(byte => `%${byte.toString(16).padStart(2, '0')}`).join('')],
  ])
  // Within a longer text base64 may begin at any of three places.
  for (const shift of [0, 1, 2]) {
    const shifted = Buffer.concat([Buffer.alloc(shift), bytes])
    const whole = Math.floor((shifted.length * 8) / 6)
    forms.set(`base64 (${shift})`, shifted.toString('base64').slice(shift === 0 ? 0 : shift + 1, whole))
  }
  if (isToken) {
    const raw = Buffer.from(secret, 'base64url')
    forms.set('hex of its bytes', raw.toString('hex'))
    forms.set('base64 of its bytes', raw.toString('base64').replace(/=+$/, ''))
  }
  return forms
}

export interface Found {
  where: string
  form: string
}

/** Where any of the secrets can be read. A code as it is counts only where it stands alone, not amid a longer number. */
export function findReadable(
  secrets: readonly string[],
  texts: readonly { where: string; text: string }[],
): Found[] {
  const found: Found[] = []
  for (const { where, text } of texts) {
    const lower = text.toLowerCase()
    for (const secret of secrets) {
      if (isThere(text, secret)) found.push({ where, form: 'as it is' })
      for (const [form, encoded] of formsOf(secret)) {
        const folds = form.startsWith('hex') || form === 'url-encoded'
        if (folds ? lower.includes(encoded) : text.includes(encoded)) found.push({ where, form })
      }
    }
  }
  return found
}

function isThere(text: string, secret: string): boolean {
  if (!/^\d+$/.test(secret)) return text.includes(secret)
  const spaced = secret.replace(/^(\d{4})(\d{4})$/, '$1 ?$2')
  return new RegExp(`(?<![0-9A-Za-z.])${spaced}(?![0-9A-Za-z])`).test(text)
}
