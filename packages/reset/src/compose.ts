import type { Mailer } from '@sparekey/mail/mailer'
import type { Composed } from '@sparekey/mail/message'
import type { Renderer } from '@sparekey/mail/render'
import type { MailValues } from '@sparekey/mail/words'
import { deriveCode, deriveToken } from '@sparekey/token/token'
import type { Application } from './applications.ts'
import type { Mail } from './claim.ts'
import { type Context, secretById } from './context.ts'
import type { JobRequest } from './load.ts'
import type { Carried } from './redact.ts'
import { parseSender } from './sender.ts'

/** What delivery needs beside the core's context. */
export interface Delivery {
  mailer: Pick<Mailer, 'send' | 'isReady'>
  renderer: Pick<Renderer, 'compose'>
  publicUrl: string
  mailFrom: { name: string; address: string }
}

/** A mail as it goes out, and what it carries that must be readable nowhere else. */
export interface Letter {
  composed: Composed
  carried: Carried
}

/** A mail, and what it is composed of. */
export interface Draft {
  mail: Mail
  request: JobRequest
  application: Application
  /** Derived where it is not known. */
  carried?: Carried
  now: Date
}

/**
 * The mail as it goes out now. Its token is derived again at every later try, and is the same each time. Undefined: the
 * key that minted it is gone. Throws TypeError for what can't be composed.
 */
export async function compose(
  context: Context,
  { renderer, publicUrl, mailFrom }: Delivery,
  { mail, request, application, now, carried = deriveCarried(context, mail, request) }: Draft,
): Promise<Letter | undefined> {
  const { brand, name } = application
  const forWhom = mail.toName ? { name: mail.toName } : {}
  const replyTo = application.replyTo ?? brand.supportEmail
  if (!carried) return undefined
  const { token, code } = carried
  const values =
    token === undefined
      ? noticeValues(mail, request, `${publicUrl}/forgot/${application.slug}`)
      : resetValues({ token, code }, request, application, publicUrl, now)
  const composed = await renderer.compose(
    { name, ...brand },
    mail.locale,
    { ...forWhom, ...values },
    {
      id: mail.id,
      from: application.from ? parseSender(application.from) : { name, address: mailFrom.address },
      to: { ...forWhom, address: mail.toAddress },
      ...(replyTo ? { replyTo } : {}),
      date: now,
    },
  )
  return { composed, carried }
}

function deriveCarried(
  context: Context,
  { kind, withCode }: Mail,
  { id, seed, secretId, codeDigits }: JobRequest,
): Carried | undefined {
  if (kind === 'notice') return {}
  const key = secretById(context, secretId)?.key
  if (!key || !seed) return undefined
  const code = withCode && codeDigits ? { code: deriveCode(key, id, seed, codeDigits) } : {}
  return { token: deriveToken(key, id, seed), ...code }
}

function noticeValues(mail: Mail, { login }: JobRequest, forgotUrl: string): MailValues {
  const { changedAt, ...facts } = mail.details ?? { login, changedAt: mail.createdAt.toISOString() }
  return { kind: 'notice', ...facts, changedAt: new Date(changedAt), forgotUrl }
}

function resetValues(
  { token, code }: Carried & { token: string },
  { login, resetUrl, carries }: JobRequest,
  application: Application,
  publicUrl: string,
  now: Date,
): MailValues {
  const pageUrl = resetUrl ?? application.resetUrl ?? `${publicUrl}/reset/${application.slug}#{token}`
  const { linkMinutes, codeMinutes } = application
  return {
    kind: 'reset',
    login,
    ...(carries === 'link' ? { link: pageUrl.replace('{token}', token) } : {}),
    ...(code === undefined ? {} : { code }),
    linkMinutes,
    codeMinutes,
    linkExpiresAt: new Date(now.getTime() + linkMinutes * 60_000),
  }
}

export const templates = ['reset', 'code', 'notice'] as const
export type Template = (typeof templates)[number]

/** A mail of an application as it would look, with made-up values; its link and code open nothing. */
export async function preview(
  renderer: Pick<Renderer, 'render'>,
  publicUrl: string,
  { name, slug, brand, linkMinutes, codeMinutes, codeDigits }: Application,
  template: Template,
  locale: string,
) {
  const look = { name, ...brand }
  const login = 'anna@example.com'
  const now = new Date()
  if (template === 'notice') {
    const browser = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0'
    const facts = { login, name: 'Anna', changedAt: now, ip: '203.0.113.7', userAgent: browser }
    const forgotUrl = `${publicUrl}/forgot/${slug}`
    return await renderer.render(look, locale, { kind: 'notice', ...facts, forgotUrl })
  }
  const digits = codeDigits ?? (template === 'code' ? 6 : 8)
  return await renderer.render(look, locale, {
    kind: 'reset',
    login,
    name: 'Anna',
    ...(template === 'code' ? {} : { link: `${publicUrl}/reset/${slug}#example` }),
    code: '1234567890'.slice(0, digits),
    linkMinutes,
    codeMinutes,
    linkExpiresAt: new Date(now.getTime() + linkMinutes * 60_000),
  })
}
