import type { Resolver } from 'node:dns/promises'
import { type Check, type Finding, fail, inTime, known, ok, warn } from './check.ts'

/** The part of a resolver of node:dns/promises that is used here. */
export type TxtResolver = Pick<Resolver, 'resolveTxt'>

const lookUpMs = 4_000

/** SPF, DKIM and DMARC of each domain that mails come from; without a network they warn. */
export function senderChecks(
  domains: string[],
  { resolver, selectors }: { resolver: TxtResolver; selectors: string[] },
): Check[] {
  return domains.flatMap(domain => {
    if (!domain.includes('.'))
      return [
        known(
          `Sender ${domain}`,
          warn('no domain of the internet: mail servers refuse it', 'set MAIL_FROM to an address of yours'),
        ),
      ]
    return [
      { name: `SPF of ${domain}`, run: () => checkSpf(resolver, domain) },
      { name: `DKIM of ${domain}`, run: () => checkDkim(resolver, domain, selectors) },
      { name: `DMARC of ${domain}`, run: () => checkDmarc(resolver, domain) },
    ]
  })
}

/** The records of a name; undefined: there is no such name. `away` is the finding where nobody can be asked. */
async function lookUp(resolver: TxtResolver, name: string): Promise<{ texts?: string[]; away?: Finding }> {
  const away = (code: string) => ({
    away: warn(`${name} could not be looked up (${code})`, 'ask again where DNS can be asked'),
  })
  const asked = resolver.resolveTxt(name).then(
    records => ({ texts: records.map(parts => parts.join('')) }),
    error => {
      const { code } = error as { code?: string }
      if (code === 'ENODATA') return { texts: [] }
      return code === 'ENOTFOUND' ? {} : away(code ?? 'no answer')
    },
  )
  return await inTime(lookUpMs, asked, away('no answer'))
}

async function checkSpf(resolver: TxtResolver, domain: string): Promise<Finding> {
  const { texts, away } = await lookUp(resolver, domain)
  if (away) return away
  if (!texts)
    return warn(
      'DNS knows no such domain: mail servers refuse its mails',
      'check the sender, and whether this machine can look up public names',
    )
  const found = texts.filter(text => /^v=spf1( |$)/i.test(text))
  const [record] = found
  if (!record)
    return warn('none: many mail servers mistrust the mails', `add TXT "v=spf1 include:… ~all" at ${domain}`)
  if (found.length > 1)
    return fail(`${found.length} records: mail servers then count none`, 'make one record of them')
  if (/(^| )\+?all( |$)/i.test(record))
    return warn(`${record}: lets anybody send in your name`, 'end it in ~all or -all')
  return ok(record)
}

async function checkDkim(resolver: TxtResolver, domain: string, selectors: string[]): Promise<Finding> {
  if (selectors.length === 0)
    return warn(
      'cannot be looked up without its selector',
      'say it by --dkim-selector: it stands behind s= in the DKIM-Signature of a mail that the server sent',
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

/** A domain without a record of its own goes by that of a domain above it. */
async function checkDmarc(resolver: TxtResolver, domain: string): Promise<Finding> {
  const labels = domain.split('.')
  for (let first = 0; first <= labels.length - 2; first++) {
    const name = `_dmarc.${labels.slice(first).join('.')}`
    const { texts = [], away } = await lookUp(resolver, name)
    if (away) return away
    const found = texts.filter(text => /^v=DMARC1\s*(;|$)/i.test(text))
    if (found.length > 1) return fail(`${found.length} records at ${name}: they count as none`, 'keep one')
    const [record] = found
    if (!record) continue
    const policy = /;\s*p=(\w+)/i.exec(record)?.[1]
    return policy
      ? ok(`p=${policy} at ${name}`)
      : warn(`${record}: names no policy`, 'add p=none, p=quarantine or p=reject')
  }
  return warn('none: large mail providers want one', `add TXT "v=DMARC1; p=none" at _dmarc.${domain}`)
}
