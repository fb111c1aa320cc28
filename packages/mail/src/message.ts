import { randomBytes } from 'node:crypto'
import MailComposer from 'nodemailer/lib/mail-composer'
import { encodeWord } from 'nodemailer/lib/mime-funcs'
import { checkAddress } from './address.ts'
import type { Form, Pieces } from './form.ts'
import { encodeQuoted } from './quoted-printable.ts'
import { cleanLine } from './value.ts'
import type { Blank, Blanks } from './words.ts'

export interface Mailbox {
  name?: string
  address: string
}

/** Who gets one mail from whom. */
export interface Addressing {
  /** Left side of the Message-ID, the same on every try of this mail. */
  id: string
  from: Mailbox
  to: Mailbox
  replyTo?: string
  date: Date
}

/** What goes over the wire. */
export interface Composed {
  id: string
  envelope: { from: string; to: string }
  /** RFC 5322 text in lines that end in CRLF: 7 bits, and none begins with a dot. */
  raw: Buffer
}

/** A form as it goes over the wire: its headers, and its parts in quoted-printable. */
export interface Sheet {
  from: string
  head: Buffer
  text: Encoded
  html: Encoded
  /** Bytes of all of it. */
  length: number
}

/** Pieces in bytes: to copy them costs a mail 2 µs, where one text of all would be walked through anew (100 µs). */
interface Encoded {
  texts: Buffer[]
  blanks: Blank[]
}

const escapes: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#x27;',
  '`': '&#x60;',
  '=': '&#x3D;',
}

/** As Handlebars escapes what it fills in. */
export const escapeHtml = (text: string) => text.replace(/[&<>"'`=]/g, found => escapes[found] as string)

/**
 * What all mails of a form from one sender have in common. Says that a machine wrote it (RFC 3834), so that no
 * out-of-office answers come back. Throws TypeError, without the value, when an address is unusable.
 */
export function createSheet(
  { subject, text, html }: Form,
  { from, replyTo }: Pick<Addressing, 'from' | 'replyTo'>,
  locale: string,
): Sheet {
  const sender = address(from.address, 'from')
  const answers = replyTo === undefined ? undefined : address(replyTo, 'replyTo')
  // "=_" cannot stand in quoted-printable text (RFC 2045 section 6.7), so nobody's words can end a part.
  const boundary = `=_${randomBytes(12).toString('hex')}`
  const headers = headerLines({
    from: { name: cleanLine(from.name ?? ''), address: sender },
    ...(answers && { replyTo: { name: '', address: answers } }),
    subject: cleanLine(subject, 200),
    headers: {
      'Auto-Submitted': 'auto-generated',
      'X-Auto-Response-Suppress': 'All',
      'Content-Language': locale,
    },
  })
  const part = (type: string) =>
    `--${boundary}\r\nContent-Type: text/${type}; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n`
  const encoded = ({ texts, blanks }: Pieces, begin: string, end: string): Encoded => {
    const written = texts.map(encodeQuoted)
    written[0] = begin + written[0]
    written[written.length - 1] += end
    return { texts: written.map(bytes), blanks }
  }
  const sheet = {
    head: bytes(
      `${headers}MIME-Version: 1.0\r\nContent-Type: multipart/alternative;\r\n boundary="${boundary}"\r\n`,
    ),
    text: encoded(text, part('plain'), '\r\n'),
    html: encoded(html, part('html'), `\r\n--${boundary}--\r\n`),
  }
  const length = Buffer.concat([sheet.head, ...sheet.text.texts, ...sheet.html.texts]).length
  return { from: sender, ...sheet, length }
}

/**
 * One mail: exactly one recipient, the sender as MAIL FROM. The Message-ID depends on the id and the sender's domain
 * only. Throws TypeError, without the value, when an address, the id or the date is unusable.
 */
export function compose(sheet: Sheet, values: Blanks, { id, to, date }: Omit<Addressing, 'from'>): Composed {
  const recipient = address(to.address, 'to')
  if (!/^[\w.-]{1,100}$/.test(id) || /^\.|\.\.|\.$/.test(id)) throw new TypeError('mail: bad id')
  if (Number.isNaN(date.getTime())) throw new TypeError('mail: bad date')
  const name = cleanLine(to.name ?? '')
  const domain = sheet.from.slice(sheet.from.lastIndexOf('@') + 1)
  const own = `To: ${name === '' ? recipient : `${phrase(name)}\r\n <${recipient}>`}\r\nMessage-ID: <${id}@${domain}>\r\nDate: ${date.toUTCString().replace('GMT', '+0000')}\r\n\r\n`
  const text = fillIns(sheet.text, values, encodeQuoted)
  const html = fillIns(sheet.html, values, value => encodeQuoted(escapeHtml(value)))
  // One buffer, written once: a buffer for each piece costs more than the bytes in it. Zeroed first, so that no slip in the
  // count could ever mail what lay in memory before.
  const raw = Buffer.alloc(sheet.length + own.length + lengthOf(text) + lengthOf(html))
  let at = sheet.head.copy(raw)
  at += raw.write(own, at, 'latin1')
  at = writePart(raw, at, sheet.text, text)
  writePart(raw, at, sheet.html, html)
  return { id, envelope: { from: sheet.from, to: recipient }, raw }
}

/** What stands at each of a part's blanks, in as many bytes as characters. */
function fillIns({ blanks }: Encoded, values: Blanks, write: (text: string) => string): string[] {
  const written: Partial<Blanks> = {}
  return blanks.map(blank => {
    written[blank] ??= write(values[blank] ?? '')
    return written[blank]
  })
}

const lengthOf = (texts: string[]) => texts.reduce((sum, { length }) => sum + length, 0)

/** Writes a part from `at` on; returns where it ends. */
function writePart(raw: Buffer, at: number, { texts }: Encoded, filled: string[]): number {
  let end = at
  for (const [index, text] of texts.entries()) {
    end += text.copy(raw, end)
    const blank = filled[index]
    if (blank !== undefined) end += raw.write(blank, end, 'latin1')
  }
  return end
}

const bytes = (text: string) => Buffer.from(text, 'latin1')

/** A name before an address: quoted, or as encoded words where it is not ASCII (RFC 2047 section 5), each on its own line. */
function phrase(name: string): string {
  // Programs decode what looks like an encoded word even between quotes.
  if (/^[\x20-\x7e]*$/.test(name) && !name.includes('=?')) return `"${name.replace(/["\\]/g, '\\$&')}"`
  return encodeWord(name, 'Q', 52).replaceAll(' ', '\r\n ')
}

/** Header lines as nodemailer encodes and folds them. Nothing is read from files or the network. */
function headerLines(mail: ConstructorParameters<typeof MailComposer>[0]): string {
  const node = new MailComposer({
    ...mail,
    disableFileAccess: true,
    disableUrlAccess: true,
    xMailer: false,
  }).compile()
  const lines = node.buildHeaders().split(/\r\n(?![ \t])/)
  return lines
    .filter(line => !/^(Message-ID|Date|MIME-Version|Content-T[\w-]+):/i.test(line))
    .map(line => `${line}\r\n`)
    .join('')
}

function address(text: unknown, field: string): string {
  const checked = checkAddress(text)
  if (!checked) throw new TypeError(`mail: ${field} is no usable address`)
  return checked
}
