import { isIP } from 'node:net'
import { domainToASCII, domainToUnicode } from 'node:url'

/** RFC 5322 section 3.2.3, dot-atom: no quotes, no comments, ASCII only. */
const dotAtom = /^[a-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*$/i
const label = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/
/** From Node 24 on, domainToASCII lets a broken `xn--` label pass where the whole domain is ASCII: nothing decodes that. */
const isLabel = (part: string) =>
  label.test(part) && !(part.startsWith('xn--') && domainToUnicode(part).startsWith('xn--'))

/**
 * The address as it can be put into an SMTP envelope (`local@ascii-domain`), or null. Takes one bare mailbox:
 * dot-atom local part of at most 64 ASCII characters, a domain with a dot (or `localhost`), internationalised
 * ones in their ASCII form (RFC 5890), at most 254 characters together. Refuses everything that a mail server
 * or a mail library might read as something else: line breaks, lists, groups, comments, quotes, encoded words,
 * address literals, domains that only become one by percent-decoding or width folding, broken `xn--` labels.
 * The local part is kept as it is; the domain comes back in lower case.
 */
export function checkAddress(text: unknown): string | null {
  if (typeof text !== 'string' || text.length > 254) return null
  const at = text.lastIndexOf('@')
  const local = text.slice(0, at)
  if (at < 1 || local.length > 64 || !dotAtom.test(local) || /^=\?.*\?=$/.test(local)) return null
  const domain = asciiDomain(text.slice(at + 1))
  if (!domain || local.length + 1 + domain.length > 254) return null
  return `${local}@${domain}`
}

function asciiDomain(text: string): string | null {
  // domainToASCII decodes percent signs and folds full-width letters, digits and dots: let none of them in.
  if (!/^[\p{L}\p{M}\p{N}.-]+$/u.test(text) || text.normalize('NFKC') !== text) return null
  const domain = domainToASCII(text)
  if (domain !== 'localhost' && !domain.includes('.')) return null
  if (domain.length > 253 || isIP(domain) || !domain.split('.').every(isLabel)) return null
  // A top-level domain of digits is an IP address to some resolver (127.1, 0x7f.1).
  if (/(^|\.)(\d+|0x[0-9a-f]*)$/.test(domain)) return null
  return domain
}
