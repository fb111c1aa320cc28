import { createHash, type KeyObject, verify } from 'node:crypto'

export interface Verdict {
  tags: Record<string, string>
  bodyHolds: boolean
  headersHold: boolean
}

/**
 * Verifies each DKIM-Signature of a message, relaxed/relaxed, as RFC 6376 section 6.1.3 and RFC 8463 section 3 have it.
 * `find` gives the public key of a name in DNS.
 */
export function verifyDkim(raw: string, find: (name: string) => KeyObject): Verdict[] {
  const end = raw.indexOf('\r\n\r\n')
  const fields = raw.slice(0, end).split(/\r\n(?![ \t])/)
  const bodyHash = createHash('sha256')
    .update(relaxedBody(raw.slice(end + 4)), 'latin1')
    .digest('base64')
  return fields
    .filter(field => nameOf(field) === 'dkim-signature')
    .map(field => {
      const tags = tagsOf(field)
      const left = [...fields]
      const signed = (tags.h ?? '').split(':').map(name => {
        // The last of them first; what is not there counts as nothing.
        const at = left.findLastIndex(each => nameOf(each) === name.toLowerCase())
        return at < 0 ? '' : `${relaxedField(left.splice(at, 1)[0] ?? '')}\r\n`
      })
      const own = relaxedField(field.replace(/([;:]\s*b\s*=)[^;]*/, '$1'))
      const data = Buffer.from(signed.join('') + own, 'latin1')
      const key = find(`${tags.s}._domainkey.${tags.d}`)
      const signature = Buffer.from(tags.b ?? '', 'base64')
      return {
        tags,
        bodyHolds: tags.bh === bodyHash,
        headersHold:
          tags.a === 'ed25519-sha256'
            ? verify(null, createHash('sha256').update(data).digest(), key, signature)
            : verify('sha256', data, key, signature),
      }
    })
}

/** RFC 6376 section 3.4.4. */
export function relaxedBody(body: string): string {
  const lines = body.split('\r\n').map(line => line.replace(/[ \t]+/g, ' ').replace(/ $/, ''))
  while (lines.at(-1) === '') lines.pop()
  return lines.map(line => `${line}\r\n`).join('')
}

/** RFC 6376 section 3.4.2. */
function relaxedField(field: string): string {
  const value = field
    .slice(field.indexOf(':') + 1)
    .replace(/\r\n/g, '')
    .replace(/[ \t]+/g, ' ')
  return `${nameOf(field)}:${value.replace(/^ | $/g, '')}`
}

const nameOf = (field: string) => field.slice(0, field.indexOf(':')).trim().toLowerCase()

function tagsOf(field: string): Record<string, string> {
  const list = field
    .slice(field.indexOf(':') + 1)
    .split(';')
    .filter(tag => tag.trim())
  return Object.fromEntries(
    list.map(tag => {
      const at = tag.indexOf('=')
      return [tag.slice(0, at).trim(), tag.slice(at + 1).replace(/\s/g, '')]
    }),
  )
}
