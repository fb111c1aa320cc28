/**
 * What became of one try to hand over a mail:
 * - `accepted`: a 250 after the message was seen
 * - `refused`: a 5xx to MAIL, RCPT, DATA or the message; no retry helps
 * - `later`: a 4xx there; the same mail may go through in a while
 * - `throttled`: 421, or a 4xx that speaks of rates; slow down
 * - `lost_before_data`: no usable connection (DNS, TCP, TLS, greeting, sign-in, deadline); nothing was sent
 * - `lost_after_data`: the line broke or the deadline passed once the message was on its way; it may have arrived
 */
export type OutcomeClass =
  | 'accepted'
  | 'refused'
  | 'later'
  | 'throttled'
  | 'lost_before_data'
  | 'lost_after_data'

export interface Attempt {
  /** host:port */
  transport: string
  class: OutcomeClass
  /** The server's SMTP code, where it gave one. */
  code?: number
  /** The server's own words, or what broke: one line, at most 500 characters. */
  response?: string
  /** Refused because the recipient's mailbox does not exist, as `isUnknownRecipient` says. */
  unknownRecipient?: true
  durationMs: number
}

/** How far the conversation had come when it ended: `sender` until MAIL FROM is answered, `envelope` until the 354. */
export type Phase = 'connect' | 'sender' | 'envelope' | 'data'

/** Why a try ended, before it is sorted. */
export interface Ending {
  phase: Phase
  code?: number
  response?: string
}

/** Sign-in or encryption asked for in mid-conversation: our configuration is wrong, not the mail. */
const misconfigured = new Set([530, 534, 535, 538])
const greylisted = /gr[ae]y-?list/i
const rates =
  /\brate\b|rate.?limit|too (many|much|fast)|throttl|quota exceeded for sender|slow down|try again later.*limit/i

/** Sorts a reply (RFC 5321 section 4.2, enhanced codes of RFC 3463) or a break into what to do about it. */
export function classify({ phase, code, response = '' }: Ending): OutcomeClass {
  if (code === 421) return 'throttled'
  if (phase === 'connect') return 'lost_before_data'
  if (code === undefined || code < 200 || (code >= 300 && code < 400) || code >= 600) {
    return phase === 'data' ? 'lost_after_data' : 'lost_before_data'
  }
  if (code < 300) return phase === 'data' ? 'accepted' : 'lost_before_data'
  if (misconfigured.has(code)) return 'lost_before_data'
  // 503 says that the session was out of step, not that the mail is unwanted.
  if (code >= 500 && code !== 503) return 'refused'
  if (greylisted.test(response)) return 'later'
  const enhanced = /\b4\.(7\.\d+|2\.1|4\.5|3\.2)\b/.test(response)
  return code < 500 && (enhanced || rates.test(response)) ? 'throttled' : 'later'
}

/**
 * Whether a server refused for good because there is no such mailbox (RFC 3463 section 3.2: 5.1.1 no such mailbox, 5.1.6 moved
 * away; RFC 7505: 5.1.10 a domain that takes no mail). A code alone says too little: 550 is said of spam and of bad
 * reputation too. What is said to MAIL FROM is about the sender.
 */
export function isUnknownRecipient({ phase, response = '' }: Ending): boolean {
  if (phase === 'connect' || phase === 'sender') return false
  return /^55[013][ -]5\.1\.(1|6|10)(?!\.?\d)/.test(response)
}

/** Whether the next server in order is worth a try: only where this one decided nothing about the mail. */
export function triesNext({ class: kind, code }: Pick<Attempt, 'class' | 'code'>): boolean {
  return kind === 'lost_before_data' || (kind === 'throttled' && code === 421)
}

/** One line of at most 500 characters, without control characters. */
export function oneLine(text: string): string {
  return text
    .replace(/[\p{Cc}\p{Zl}\p{Zp}\s]+/gu, ' ')
    .trim()
    .slice(0, 500)
}
