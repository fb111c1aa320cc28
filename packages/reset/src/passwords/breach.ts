import { pwnedPassword } from 'hibp'
import type { Context } from '../context.ts'

/**
 * Asks whether a password is in a known breach, at Have I Been Pwned or a mirror of it (`baseUrl`). Only the first five
 * characters of its SHA-1 leave the house, and the answer is padded (k-anonymity range API). No answer within
 * `timeoutMs` counts as not breached: nobody is kept from a new password because a third party is away.
 */
export function createBreachCheck({
  baseUrl,
  timeoutMs = 1500,
  log,
}: {
  baseUrl?: string | undefined
  timeoutMs?: number | undefined
  log: Pick<Context['log'], 'warn'>
}): (password: string) => Promise<boolean> {
  return async password => {
    try {
      const options = { addPadding: true, timeoutMs, userAgent: 'sparekey', ...(baseUrl ? { baseUrl } : {}) }
      return (await pwnedPassword(password.normalize('NFC'), options)) > 0
    } catch (error) {
      // The error's own message could quote the address with the digest's prefix.
      const reason = error instanceof Error ? error.name : 'unknown'
      log.warn({ reason }, 'breach check got no answer; the password was let through')
      return false
    }
  }
}
