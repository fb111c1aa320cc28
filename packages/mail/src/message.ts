import MailComposer from 'nodemailer/lib/mail-composer'
import { checkAddress } from './address.ts'
import { cleanLine } from './value.ts'

export interface Mailbox {
  name?: string
  address: string
}

/** One mail to one person. */
export interface Message {
  /** Left side of the Message-ID, the same on every try of this mail. */
  id: string
  from: Mailbox
  to: Mailbox
  replyTo?: string
  subject: string
  html: string
  text: string
  date: Date
  /** BCP 47 tag for Content-Language. */
  locale: string
}

/** What goes over the wire. */
export interface Composed {
  envelope: { from: string; to: [string]; size: number }
  messageId: string
  raw: Buffer
}

/**
 * The mail as RFC 5322 text with its envelope: exactly one recipient, the sender as MAIL FROM. Says that a
 * machine wrote it (RFC 3834), so that no out-of-office answers come back. The Message-ID depends on the id and
 * the sender's domain only. Nothing is read from files or the network.
 * Throws TypeError, without the value, when an address or the id is unusable.
 */
export async function compose(message: Message): Promise<Composed> {
  const from = address(message.from.address, 'from')
  const to = address(message.to.address, 'to')
  const replyTo = message.replyTo === undefined ? undefined : address(message.replyTo, 'replyTo')
  if (!/^[\w.-]{1,100}$/.test(message.id) || /^\.|\.\.|\.$/.test(message.id))
    throw new TypeError('mail: bad id')
  if (!/^[a-z]{2,8}(-[a-z0-9]{1,8})*$/i.test(message.locale)) throw new TypeError('mail: bad locale')
  if (Number.isNaN(message.date.getTime())) throw new TypeError('mail: bad date')
  const messageId = `<${message.id}@${from.slice(from.lastIndexOf('@') + 1)}>`
  const raw = await new MailComposer({
    messageId,
    date: message.date,
    from: { name: cleanLine(message.from.name ?? ''), address: from },
    to: { name: cleanLine(message.to.name ?? ''), address: to },
    ...(replyTo && { replyTo: { name: '', address: replyTo } }),
    envelope: { from, to: [to] },
    subject: cleanLine(message.subject, 200),
    text: message.text,
    html: message.html,
    textEncoding: 'quoted-printable',
    headers: {
      'Auto-Submitted': 'auto-generated',
      'X-Auto-Response-Suppress': 'All',
      'Content-Language': message.locale,
    },
    xMailer: false,
    disableFileAccess: true,
    disableUrlAccess: true,
  })
    .compile()
    .build()
  return { envelope: { from, to: [to], size: raw.length }, messageId, raw }
}

function address(text: unknown, field: string): string {
  const checked = checkAddress(text)
  if (!checked) throw new TypeError(`mail: ${field} is no usable address`)
  return checked
}
