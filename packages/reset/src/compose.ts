import type { Mailer } from '@sparekey/mail/mailer'
import type { Message } from '@sparekey/mail/message'
import type { Renderer } from '@sparekey/mail/render'
import { deriveCode, deriveToken } from '@sparekey/token/token'
import type { Application } from './applications.ts'
import type { Mail } from './claim.ts'
import { type Context, secretById } from './context.ts'
import type { ResetRequest } from './mint.ts'
import { parseSender } from './sender.ts'

/** What delivery needs beside the core's context. */
export interface Delivery {
  mailer: Pick<Mailer, 'send'>
  renderer: Pick<Renderer, 'render'>
  publicUrl: string
  mailFrom: { name: string; address: string }
}

/**
 * The mail as it goes out now. Its token is derived again at every try, and is the same each time. Undefined: the key
 * that minted it is gone. Throws TypeError for what can't be composed.
 */
export async function compose(
  context: Context,
  { renderer, publicUrl, mailFrom }: Delivery,
  mail: Mail,
  request: ResetRequest,
  application: Application,
  now: Date,
): Promise<Message | undefined> {
  const { brand, name } = application
  const look = { name, ...brand }
  const forWhom = { ...(mail.toName ? { name: mail.toName } : {}) }
  let content: Awaited<ReturnType<Renderer['render']>>
  if (mail.kind === 'notice') {
    const { changedAt, ...facts } = mail.details ?? {
      login: request.login,
      changedAt: mail.createdAt.toISOString(),
    }
    const forgotUrl = `${publicUrl}/forgot/${application.slug}`
    content = await renderer.render(look, mail.locale, {
      kind: 'notice',
      ...forWhom,
      ...facts,
      changedAt: new Date(changedAt),
      forgotUrl,
    })
  } else {
    const secret = secretById(context, request.secretId)
    if (!secret || !request.seed) return undefined
    const token = deriveToken(secret.key, request.id, request.seed)
    const pageUrl =
      request.resetUrl ?? application.resetUrl ?? `${publicUrl}/reset/${application.slug}#{token}`
    content = await renderer.render(look, mail.locale, {
      kind: 'reset',
      ...forWhom,
      login: request.login,
      ...(request.carries === 'link' ? { link: pageUrl.replace('{token}', token) } : {}),
      ...(mail.withCode && request.codeDigits
        ? { code: deriveCode(secret.key, request.id, request.seed, request.codeDigits) }
        : {}),
      linkMinutes: application.linkMinutes,
      codeMinutes: application.codeMinutes,
      linkExpiresAt: new Date(now.getTime() + application.linkMinutes * 60_000),
    })
  }
  const replyTo = application.replyTo ?? brand.supportEmail
  return {
    id: mail.id,
    from: application.from ? parseSender(application.from) : { name, address: mailFrom.address },
    to: { ...forWhom, address: mail.toAddress },
    ...(replyTo ? { replyTo } : {}),
    ...content,
    date: now,
    locale: mail.locale,
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
