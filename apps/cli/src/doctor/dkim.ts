import { createPublicKey, type KeyObject } from 'node:crypto'
import type { DkimKey } from '@sparekey/mail/dkim'
import { type Finding, fail, ok, warn } from './check.ts'
import { lookUp, type TxtResolver } from './txt.ts'

/** Whether DNS holds the public half of a key that we sign with (RFC 6376 section 3.6.1, RFC 8463 section 4). */
export async function checkOwnKey(
  resolver: TxtResolver,
  { selector, domain, key }: DkimKey,
): Promise<Finding> {
  const name = `${selector}._domainkey.${domain}`
  const { texts = [], away } = await lookUp(resolver, name)
  if (away) return away
  const mend = 'publish the public half of the key there, or take the key out of DKIM'
  const records = texts.map(tagsOf).filter(tags => tags.has('p'))
  const [tags] = records
  if (!tags) return fail(`no key at ${name}: mail servers count the signature as none`, mend)
  if (records.length > 1)
    return fail(`${records.length} keys at ${name}: which one counts is open`, 'keep one')
  const published = tags.get('p')
  if (!published) return fail(`the key at ${name} is empty, which revokes it`, mend)
  const kind = key.asymmetricKeyType ?? ''
  const said = tags.get('k') ?? 'rsa'
  if (said !== kind) return fail(`the record at ${name} is for a key of kind ${said}, ours is ${kind}`, mend)
  if (!formsOf(key).includes(published)) return fail(`another key than ours at ${name}`, mend)
  const version = tags.get('v')
  if (version !== undefined && version !== 'DKIM1')
    return fail(`the record at ${name} is of an unknown version`, 'begin it with v=DKIM1')
  if (!lists(tags.get('h'), 'sha256') || !lists(tags.get('s'), 'email', '*'))
    return fail(`the record at ${name} forbids its use for mail by SHA-256`, 'leave h= and s= out of it')
  if (lists(tags.get('t') ?? '', 'y'))
    return warn(`our ${kind} key at ${name}, marked as a test`, 'take t=y out once mails verify')
  return ok(`our ${kind} key at ${name}`)
}

/** What may stand behind `p=`: RFC 6376 speaks of RSAPublicKey, and shows SubjectPublicKeyInfo. */
function formsOf(key: KeyObject): string[] {
  const half = createPublicKey(key)
  if (key.asymmetricKeyType === 'ed25519')
    return [Buffer.from(half.export({ format: 'jwk' }).x ?? '', 'base64url').toString('base64')]
  return (['spki', 'pkcs1'] as const).map(type => half.export({ type, format: 'der' }).toString('base64'))
}

/** Whether a list by colons, where there is one, holds any of these. */
const lists = (list: string | undefined, ...any: string[]) =>
  list === undefined || list.split(':').some(each => any.includes(each))

/** The tags of a record, without blanks. */
function tagsOf(record: string): Map<string, string> {
  return new Map(
    record.split(';').map(tag => {
      const [name = '', ...value] = tag.replace(/\s/g, '').split('=')
      return [name, value.join('=')]
    }),
  )
}

/** Whether the mail server's key can be looked up at any of its selectors; what it is nobody here knows. */
export async function checkSelectors(
  resolver: TxtResolver,
  domain: string,
  selectors: string[],
): Promise<Finding> {
  if (selectors.length === 0)
    return warn(
      'cannot be looked up without its selector',
      'say it by --dkim-selector: it stands behind s= in the DKIM-Signature of a mail that the server sent; or sign here, by DKIM',
    )
  const names = selectors.map(selector => `${selector}._domainkey.${domain}`)
  const answers = await Promise.all(names.map(name => lookUp(resolver, name)))
  const keys = answers.map(({ texts = [] }) => texts.find(text => /(^|;)\s*p=/i.test(text)))
  const at = keys.findIndex(key => key !== undefined && !/(^|;)\s*p=\s*(;|$)/i.test(key))
  if (at >= 0) return ok(`a key at ${names[at]}`)
  const away = answers.find(answer => answer.away)?.away
  if (away) return away
  const mend = 'publish the key that the mail server signs with, or check the selector'
  const revoked = keys.findIndex(key => key !== undefined)
  if (revoked >= 0) return fail(`the key at ${names[revoked]} is empty, which revokes it`, mend)
  return fail(`no key at ${names.join(' or ')}`, mend)
}
