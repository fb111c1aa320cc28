import type { Given } from './mail-server.ts'

/** A request that was answered 202. */
export interface Asked {
  id: string
  login: string
  applicationId: string
}

/** A message that a mail server was given whole, and what a person reads in it. */
export interface Message extends Omit<Given, 'source'> {
  /** Left side of its Message-ID. */
  mailId: string
  token?: string | undefined
  code?: string | undefined
}

export interface RequestRow {
  id: string
  applicationId: string
  login: string
  status: string
  reason: string | null
  /** Who gets the mail, and whether its token works now by what stands in the row. */
  recipientKey: string | null
  live: boolean
}

export interface MailRow {
  id: string
  requestId: string
  kind: string
  status: string
  toAddress: string
  /** How many tries were written down as accepted by a mail server. */
  accepted: number
  /** How many a mail server refused for good. */
  refused: number
  /** How many tries the rows say were cut off by the end of their worker. */
  cut: number
}

/** A worker that was killed or stood still, and when: whatever it was doing then may have been lost. */
export interface Interruption {
  by: string
  at: number
  /** It went on later. */
  froze?: boolean
}

export interface Completion {
  token: string
  status: number
}

/** All that is known of a run from outside, once it has drained. */
export interface Evidence {
  asked: Asked[]
  messages: Message[]
  requests: RequestRow[]
  mails: MailRow[]
  interruptions: Interruption[]
  completions: Completion[]
  /** Ids of mails that a server broke off before it had them whole, once for each time. Who sends can't tell that from a lost answer. */
  brokenOff: string[]
  /** Tokens that the API says work. */
  working: string[]
  /** Everything that the stores and the logs hold, as text. */
  texts: { where: string; text: string }[]
}
