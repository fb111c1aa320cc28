import type { RequestStatus } from '../../api/types.ts'
import type { Tone } from '../../parts/badge.tsx'

export const statuses = [
  'accepted',
  'sending',
  'sent',
  'used',
  'expired',
  'replaced',
  'unknown',
  'failed',
  'ignored',
  'cancelled',
] as const satisfies RequestStatus[]

/** What each status is called, and what it means to whoever asks why there was no mail. */
export const statusWords: Record<RequestStatus, { name: string; tone: Tone; about: string }> = {
  accepted: { name: 'Accepted', tone: 'calm', about: 'It was taken, and waits for a worker.' },
  sending: { name: 'Sending', tone: 'calm', about: 'Its mail is on the way to a mail server.' },
  sent: { name: 'Sent', tone: 'good', about: 'A mail server took the mail. The link has not been used yet.' },
  used: { name: 'Used', tone: 'good', about: 'A new password was set with it.' },
  expired: { name: 'Expired', tone: 'plain', about: 'Nobody used the link in time.' },
  replaced: { name: 'Replaced', tone: 'plain', about: 'A newer request of the same person took its place.' },
  unknown: {
    name: 'Unknown',
    tone: 'fair',
    about: 'The line was lost while the mail server may have taken the mail. One more try is made.',
  },
  failed: { name: 'Failed', tone: 'wrong', about: 'No mail server took the mail.' },
  ignored: { name: 'Ignored', tone: 'plain', about: 'No mail was made. Whoever asked was told nothing.' },
  cancelled: { name: 'Cancelled', tone: 'plain', about: 'It was taken back. Its link does not work.' },
}

const reasonWords: Record<string, string> = {
  no_account: 'Nobody has this login.',
  suppressed: 'Its address is on the suppression list.',
  recipient_limit: 'This person had got as many mails as the limits allow.',
  duplicate: 'The same was asked for within a minute.',
}

export const reasonOf = (reason: string): string => reasonWords[reason] ?? reason

/** As packages/reset has them: what may still be taken back, and what may be sent again. */
export const cancellable: RequestStatus[] = ['accepted', 'sending', 'sent', 'unknown']
export const resendable: RequestStatus[] = ['sending', 'sent', 'unknown', 'failed', 'expired', 'ignored']

const outcomeWords: Record<string, { name: string; tone: Tone }> = {
  accepted: { name: 'taken by the mail server', tone: 'good' },
  refused: { name: 'refused for good', tone: 'wrong' },
  later: { name: 'put off by the mail server', tone: 'fair' },
  throttled: { name: 'slowed down by the mail server', tone: 'fair' },
  lost_before_data: { name: 'mail server not reached', tone: 'wrong' },
  lost_after_data: { name: 'line lost while sending', tone: 'wrong' },
}

/** What a line of a timeline says. */
export function eventWords(type: string): { name: string; tone: Tone } {
  if (type === 'minted') return { name: 'Token made, mail written', tone: 'calm' }
  if (type === 'code_exchanged') return { name: 'Code exchanged', tone: 'good' }
  const [, kind, outcome = ''] = /^(reset|notice)_(\w+)$/.exec(type) ?? []
  const ended = outcomeWords[outcome]
  if (kind && ended) {
    return { name: `${kind === 'reset' ? 'Reset mail' : 'Notice'}: ${ended.name}`, tone: ended.tone }
  }
  const known = Object.hasOwn(statusWords, type) ? statusWords[type as RequestStatus] : undefined
  return known ? { name: known.name, tone: known.tone } : { name: type.replaceAll('_', ' '), tone: 'plain' }
}
