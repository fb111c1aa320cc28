import { type DkimKey, keysFor } from '@sparekey/mail/dkim'
import { type Check, type Finding, fail, known, ok, warn } from './check.ts'
import { checkOwnKey, checkSelectors } from './dkim.ts'
import { lookUp, type TxtResolver } from './txt.ts'

export interface SenderDns {
  resolver: TxtResolver
  /** Of keys that mails are signed with elsewhere. */
  selectors: string[]
  /** Of keys that we sign with. */
  dkimKeys?: readonly DkimKey[]
}

/** SPF, DKIM and DMARC of each domain that mails come from; without a network they warn. */
export function senderChecks(domains: string[], { resolver, selectors, dkimKeys = [] }: SenderDns): Check[] {
  return domains.flatMap(domain => {
    if (!domain.includes('.'))
      return [
        known(
          `Sender ${domain}`,
          warn('no domain of the internet: mail servers refuse it', 'set MAIL_FROM to an address of yours'),
        ),
      ]
    const own = keysFor(dkimKeys, domain)
    return [
      { name: `SPF of ${domain}`, run: () => checkSpf(resolver, domain) },
      ...own.map(key => ({
        name: `DKIM of ${domain} by ${key.selector}`,
        run: () => checkOwnKey(resolver, key),
      })),
      ...(own.length === 0 || selectors.length > 0
        ? [{ name: `DKIM of ${domain}`, run: () => checkSelectors(resolver, domain, selectors) }]
        : []),
      { name: `DMARC of ${domain}`, run: () => checkDmarc(resolver, domain) },
    ]
  })
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
