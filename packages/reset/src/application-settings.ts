import { checkAddress } from '@sparekey/mail/address'
import type { ApplicationPatch } from './applications.ts'
import { checkDirectoryUrl } from './directory/settings.ts'
import { invalid } from './errors.ts'
import { checkOrigin, checkResetUrl } from './redirect.ts'
import { parseSender } from './sender.ts'

/** Looks at what a schema cannot see in an application's settings. Throws ResetError `invalid_request`. */
export function checkSettings(settings: ApplicationPatch): void {
  const { brand, directoryUrl, from, humanProof, replyTo, redirectOrigins, resetUrl, slug, name, aliases } =
    settings
  if (name !== undefined && (!name.trim() || /\p{Cc}/u.test(name))) {
    throw invalid('name', 'must be one line of text')
  }
  if (slug !== undefined && !isSlug(slug)) {
    throw invalid('slug', 'must be at most 63 lower-case letters, digits and inner hyphens')
  }
  if (typeof directoryUrl === 'string') checkDirectoryUrl(directoryUrl)
  redirectOrigins?.forEach((origin, index) => {
    checkOrigin(origin, `redirectOrigins.${index}`)
  })
  if (typeof resetUrl === 'string') checkResetUrl(resetUrl)
  if (typeof from === 'string' && !isSender(from)) {
    throw invalid('from', 'must be an address or Name <address>')
  }
  // Goes out as a bare address, so a name in front would be lost.
  if (typeof replyTo === 'string' && !checkAddress(replyTo)) {
    throw invalid('replyTo', 'must be an email address')
  }
  if (brand?.supportEmail && !checkAddress(brand.supportEmail)) {
    throw invalid('brand.supportEmail', 'must be an email address')
  }
  if (brand?.color && !/^#[0-9a-f]{6}$/i.test(brand.color)) {
    throw invalid('brand.color', 'must be a color such as #2563eb')
  }
  if (brand?.logoUrl && !(/^https?:\/\//.test(brand.logoUrl) && URL.canParse(brand.logoUrl))) {
    throw invalid('brand.logoUrl', 'must be an http(s) URL')
  }
  if (humanProof && 'siteKey' in humanProof && !/^[\w.-]{1,200}$/.test(humanProof.siteKey)) {
    throw invalid('humanProof.siteKey', "must be the vendor's site key")
  }
  aliases?.forEach((alias, index) => {
    if (!alias || /\p{Cc}/u.test(alias)) throw invalid(`aliases.${index}`, 'must be one line of text')
  })
}

/** Whether this can be an application's name in an address. */
export const isSlug = (text: string): boolean => /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/.test(text)

function isSender(text: string): boolean {
  try {
    parseSender(text)
    return true
  } catch {
    return false
  }
}
