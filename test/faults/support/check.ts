import type { Evidence, Interruption, MailRow, Message } from './evidence.ts'
import { findReadable } from './readable.ts'

/** Of requests whose mails nobody waits for. */
const over = ['replaced', 'cancelled', 'expired', 'failed']
const final = ['sent', 'used', 'expired', 'replaced', 'unknown', 'failed', 'ignored', 'cancelled']
/** After this long another worker takes a mail over, so what ends a worker later has nothing to do with it. */
const leaseMs = 45_000

/** What broke, one line each, with the invariant's name before it. Empty: everything held. */
export function check(evidence: Evidence): string[] {
  return [
    ...everyAnswerKept(evidence),
    ...everyMailGiven(evidence),
    ...oneLiveToken(evidence),
    ...oneMail(evidence),
    ...honestStatus(evidence),
    ...nothingReadable(evidence),
    ...usedOnce(evidence),
  ]
}

/** I1: every 202 has its row, of the right login and application, in a final status, with no mail left over. */
function everyAnswerKept({ asked, requests, mails }: Evidence): string[] {
  const rows = new Map(requests.map(row => [row.id, row]))
  const lost = asked.flatMap(({ id, login, applicationId }) => {
    const row = rows.get(id)
    if (!row) return [`I1: ${id} was answered 202 and has no row`]
    if (row.login !== login || row.applicationId !== applicationId) return [`I1: ${id} is another's request`]
    // All are people with an account, far below their limits.
    if (row.status === 'ignored' && row.reason !== 'duplicate')
      return [`I1: ${id} was ignored: ${row.reason}`]
    return final.includes(row.status) ? [] : [`I1: ${id} is still ${row.status}`]
  })
  const open = mails.filter(({ status }) => status === 'queued' || status === 'sending')
  return [...lost, ...open.map(({ id, status }) => `I1: mail ${id} is still ${status}`)]
}

/** I1, too: what is `sent` or `unknown` some server was given. */
function everyMailGiven(evidence: Evidence): string[] {
  return notGiven(evidence)
    .filter(mail => !isUnclear(evidence, mail))
    .map(({ id, status }) => `I1: mail ${id} is ${status}, and no server was given it`)
}

/**
 * Mails that no server was given whole although somebody waits for them: both their tries ended when the message was on its
 * way, by the end of their worker or by a server that broke it off. That nobody gets a mail three times has this price.
 * Or one did, and the next one was refused for good: no further try would help.
 */
export const unclearMails = (evidence: Evidence): MailRow[] =>
  notGiven(evidence).filter(mail => isUnclear(evidence, mail))

function isUnclear({ brokenOff }: Evidence, { id, cut, refused }: MailRow): boolean {
  const times = cut + brokenOff.filter(broken => broken === id).length
  return times >= 2 || (times === 1 && refused > 0)
}

function notGiven({ requests, mails, messages }: Evidence): MailRow[] {
  const taken = takenOf(messages, mails)
  const overs = new Set(requests.filter(({ status }) => over.includes(status)).map(({ id }) => id))
  return mails.filter(
    mail =>
      (mail.status === 'sent' || mail.status === 'unknown') && !taken.has(mail) && !overs.has(mail.requestId),
  )
}

/** I2: by the rows, and by asking the API about every token that was mailed. */
function oneLiveToken({ requests, mails, messages, working }: Evidence): string[] {
  const live = requests.filter(row => row.live && row.recipientKey !== null)
  const byRow = doubles(live.map(row => `${row.applicationId} ${row.recipientKey}`))
  const requestOf = new Map(mails.map(mail => [mail.id, mail.requestId]))
  const owner = new Map(requests.map(row => [row.id, `${row.applicationId} ${row.recipientKey}`]))
  const tokens = new Map(messages.map(({ token, mailId }) => [token, requestOf.get(mailId)]))
  const byToken = doubles([...new Set(working)].map(token => owner.get(tokens.get(token) ?? '') ?? token))
  return [
    ...byRow.map(who => `I2: ${who} has two live requests`),
    ...byToken.map(who => `I2: ${who} has two tokens that work`),
  ]
}

/** I3: one mail, and a second one only after a first whose answer was lost; with the same link both times. */
function oneMail({ messages, mails, interruptions }: Evidence): string[] {
  const complaints = doubles(mails.filter(({ kind }) => kind === 'reset').map(mail => mail.requestId)).map(
    id => `I3: ${id} has two mails`,
  )
  for (const [mail, taken] of takenOf(messages, mails)) {
    if (!mail) {
      complaints.push(...taken.map(({ mailId }) => `I3: message ${mailId} belongs to no mail`))
      continue
    }
    if (taken.some(({ to }) => to !== mail.toAddress)) complaints.push(`I3: ${mail.id} went to somebody else`)
    const lost = taken.filter(message => wasLost(message, mail, interruptions)).length
    const last = taken.at(-1)
    if (taken.length > 2) complaints.push(`I3: ${mail.id} was taken ${taken.length} times`)
    else if (taken.length === 2 && lost === 0)
      complaints.push(`I3: ${mail.id} was taken twice, and no answer was lost`)
    if (taken.some(({ token, code }) => token !== last?.token || code !== last?.code))
      complaints.push(`I3: ${mail.id} went out with two tokens or codes`)
  }
  return complaints
}

/** I4: `sent` after a 250 only, `failed` where no server has the mail, `unknown` where that can't be known. */
function honestStatus({ messages, mails, requests, interruptions, brokenOff }: Evidence): string[] {
  const taken = takenOf(messages, mails)
  const wrong = mails.flatMap(mail => {
    const its = taken.get(mail) ?? []
    const answered = its.some(({ answer }) => answer === 250)
    if (mail.status === 'sent' && !answered) return [`I4: mail ${mail.id} is sent without a 250`]
    if (mail.status === 'failed' && its.length > 0) return [`I4: mail ${mail.id} failed and may have arrived`]
    const lost =
      its.some(message => wasLost(message, mail, interruptions)) ||
      mail.cut > 0 ||
      brokenOff.includes(mail.id)
    if (mail.status === 'unknown' && !lost) return [`I4: mail ${mail.id} is unknown, and no answer was lost`]
    if (mail.cut > interruptions.length)
      return [`I4: mail ${mail.id} was cut off ${mail.cut} times, workers ${interruptions.length}`]
    return []
  })
  const statusOf = new Map(requests.map(row => [row.id, row.status]))
  const untrue = mails.flatMap(({ kind, requestId, status }) => {
    const request = statusOf.get(requestId)
    const differs = (request === 'sent' || request === 'unknown') && request !== status
    return kind === 'reset' && differs ? [`I4: ${requestId} is ${request} and its mail ${status}`] : []
  })
  const mailed = new Set(mails.map(({ requestId }) => requestId))
  const claimed = requests.filter(({ id, status }) => status === 'sent' && !mailed.has(id))
  return [...wrong, ...untrue, ...claimed.map(({ id }) => `I4: ${id} is sent and has no mail`)]
}

/** I5: in no form that somebody who reads along could turn back. */
function nothingReadable({ messages, texts }: Evidence): string[] {
  const secrets = new Set(
    messages.flatMap(({ token, code }) => [token, code].filter(text => text !== undefined)),
  )
  return findReadable([...secrets], texts).map(
    ({ where, form }) => `I5: a token or code, ${form}, in ${where}`,
  )
}

/** I6: by the API's answers, and by the notice that each use writes, and no other. */
function usedOnce({ completions, mails, messages }: Evidence): string[] {
  const succeeded = completions.filter(({ status }) => status === 200)
  const notices = mails.filter(({ kind }) => kind === 'notice')
  const told = new Set(notices.map(({ requestId }) => requestId))
  const requestOf = new Map(mails.map(({ id, requestId }) => [id, requestId]))
  const usedBy = messages.filter(message => succeeded.some(({ token }) => token === message.token))
  const used = new Set(usedBy.map(({ mailId }) => requestOf.get(mailId) ?? mailId))
  return [
    ...[...used].filter(id => !told.has(id)).map(id => `I6: ${id} was used, and nobody was told`),
    ...doubles(succeeded.map(({ token }) => token)).map(() => 'I6: a token was used twice'),
    ...doubles(notices.map(mail => mail.requestId)).map(id => `I6: ${id} was used twice`),
  ]
}

/** The messages that a server took or may have taken, by mail. Refused ones never were with anybody. */
function takenOf(
  messages: readonly Message[],
  mails: readonly MailRow[],
): Map<MailRow | undefined, Message[]> {
  const rows = new Map(mails.map(mail => [mail.id, mail]))
  const taken = messages.filter(({ answer }) => answer === undefined || answer === 250)
  const byMail = new Map<MailRow | undefined, Message[]>()
  for (const message of taken) {
    const mail = rows.get(message.mailId)
    byMail.set(mail, [...(byMail.get(mail) ?? []), message])
  }
  return byMail
}

/** No 250 went out, or its worker came to grief before it could have written it down, and the mail's own rows say so. */
function wasLost(message: Message, mail: MailRow, interruptions: readonly Interruption[]): boolean {
  if (message.answer !== 250) return true
  if (mail.cut === 0) return false
  const near = interruptions.filter(
    ({ by, at }) => by === message.by && at >= message.at - leaseMs && at <= message.at + leaseMs,
  )
  // Who stood still wrote its answer down too late; who was killed, never.
  return near.some(({ froze }) => froze || mail.accepted <= 1)
}

function doubles(list: readonly string[]): string[] {
  const seen = new Set<string>()
  return [...new Set(list.filter(item => seen.size === seen.add(item).size))]
}
