import type { Delivery, WebhookEvent } from '../../api/types.ts'
import type { Tone } from '../../parts/badge.tsx'

export const events = [
  'reset.accepted',
  'reset.sent',
  'reset.failed',
  'reset.used',
  'account.password_changed',
  'abuse.suspected',
] as const satisfies WebhookEvent[]

export const eventWords: Record<WebhookEvent, string> = {
  'reset.accepted': 'Somebody asked for a reset.',
  'reset.sent': 'A mail server took the mail.',
  'reset.failed': 'No mail server took the mail.',
  'reset.used': 'A new password was set, or the token redeemed.',
  'account.password_changed': 'End the sessions that began before.',
  'abuse.suspected': 'Somebody seems to guess codes, or far more requests than usual come.',
}

export const statusWords: Record<Delivery['status'], { name: string; tone: Tone }> = {
  queued: { name: 'Waiting', tone: 'calm' },
  delivered: { name: 'Delivered', tone: 'good' },
  failed: { name: 'Failed', tone: 'wrong' },
}

const errorWords: Record<string, string> = {
  address_not_allowed: 'Its address is not a public one, and WEBHOOK_ALLOW does not name it.',
  not_secure: 'It is plain http, and WEBHOOK_ALLOW does not name its address.',
  timeout: 'No answer came within 15 seconds.',
  tls: 'Its certificate is not to be trusted.',
  unreachable: 'It could not be reached.',
  disabled: 'The endpoint was switched off.',
  no_secret: 'The key that sealed its secret was taken away; rotate the secret.',
}

/** What came of the last try. */
export function answerOf({ tries, lastStatus: status, lastError: error }: Delivery): string {
  return tries === 0 && status === undefined && error === undefined
    ? 'Not tried yet.'
    : outcomeOf({ status, error })
}

/** What came of one try. */
export function outcomeOf({ status, error }: { status?: number | undefined; error?: string | undefined }) {
  if (status !== undefined) {
    const moved = error === 'redirect' ? ': redirects are not followed' : ''
    return `It answered ${status}${moved}.`
  }
  return error === undefined ? 'No answer came.' : (errorWords[error] ?? error)
}
