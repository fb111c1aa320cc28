import { checkAddress } from '@sparekey/mail/address'

/** `Name <local@domain>` or a bare address. Throws TypeError where it is neither. */
export function parseSender(text: string): { name: string; address: string } {
  const match = /^(?:"?([^"<>]*?)"?\s*<([^<>]+)>|([^<>]+))$/.exec(text.trim())
  const address = checkAddress(match?.[2] ?? match?.[3] ?? '')
  if (!address || /\p{Cc}/u.test(text))
    throw new TypeError('must be a sender such as Acme <no-reply@example.com>')
  return { name: match?.[1]?.trim() ?? '', address }
}
