import { isIP } from 'node:net'
import { type Locale, type Translate, translator } from '@sparekey/locale/locales'
import { checkAddress } from './address.ts'
import { createCompiler, kinds } from './compile.ts'
import { browserName, cleanLine, groupCode, loginText, personName, webUrl } from './value.ts'

export interface Brand {
  name: string
  /** `#rgb` or `#rrggbb`; anything else gives a plain blue. */
  color: string
  /** http(s); the one thing a mail client fetches. */
  logoUrl?: string
  supportEmail?: string
  /** Postal address for the footer; may have several lines. */
  address?: string
}

export type MailValues =
  | {
      kind: 'reset'
      name?: string
      login: string
      /** Without one the mail is about the code alone. */
      link?: string
      code?: string
      linkMinutes: number
      codeMinutes: number
      linkExpiresAt: Date
    }
  | {
      kind: 'notice'
      name?: string
      login: string
      changedAt: Date
      ip?: string
      userAgent?: string
      forgotUrl?: string
    }

export interface Rendered {
  subject: string
  html: string
  text: string
}

export interface Renderer {
  /** Compiles every mail of a brand ahead of time. */
  warm(brand: Brand, locale: Locale): Promise<void>
  /**
   * One mail, ready to send. Every value comes out as text: escaped in HTML, without line breaks, and so written
   * that mail clients make no link of a name or login. Links are `link`, `forgotUrl`, `logoUrl` and the support
   * address, and nothing else. Throws TypeError when `link` or `forgotUrl` isn't http(s), or for an unknown locale.
   */
  render(brand: Brand, locale: Locale, values: MailValues): Promise<Rendered>
}

type Filled = Record<string, string | null>

export function createRenderer(): Renderer {
  const program = createCompiler()
  return {
    async warm(brand, locale) {
      await Promise.all(kinds.map(kind => program(kind, brand.color, locale)))
    },
    async render(brand, locale, values) {
      const words = translator(locale, 'mail')
      const app = cleanLine(brand.name, 80)
      const common = {
        app,
        login: loginText(values.login),
        greeting: greeting(words, values.name),
        logoUrl: webUrl(brand.logoUrl),
        supportEmail: checkAddress(brand.supportEmail),
        support: words('support'),
        imprint: [app, ...(brand.address ?? '').split(/\r?\n/).map(line => cleanLine(line, 200))]
          .filter(line => line !== '')
          .join(' · '),
      }
      const filled: Filled =
        values.kind === 'reset'
          ? { ...common, ...resetWords(words, locale, common, values) }
          : { ...common, ...noticeWords(words, locale, common, values) }
      const kind = values.kind === 'reset' && values.link === undefined ? 'code' : values.kind
      const html = (await program(kind, brand.color, locale))(filled)
      const text = { reset: resetText, code: codeText, notice: noticeText }[kind](filled)
      return { subject: filled.subject ?? '', html, text }
    },
  }
}

type Words = Translate<'mail'>
type Common = { app: string; login: string; supportEmail: string | null }

function greeting(words: Words, name: string | undefined): string {
  const person = personName(name)
  return person ? words('greeting', { name: person }) : words('greetingPlain')
}

function moment(words: Words, locale: Locale, at: Date): string {
  const time = new Intl.DateTimeFormat(locale, {
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
    timeZone: 'UTC',
  }).format(at)
  const date = new Intl.DateTimeFormat(locale, { dateStyle: 'long', timeZone: 'UTC' }).format(at)
  return words('moment', { time, date })
}

function resetWords(
  words: Words,
  locale: Locale,
  { app, login }: Common,
  values: MailValues & { kind: 'reset' },
): Filled {
  const link = webUrl(values.link)
  if (values.link === undefined && !values.code) throw new TypeError('mail: neither link nor code')
  if (values.link !== undefined && !link) throw new TypeError('mail: link is no http(s) URL')
  const life = words('minutes', { count: link ? values.linkMinutes : values.codeMinutes })
  return {
    subject: words('resetSubject', { app }),
    preheader: words('resetPreheader', { life }),
    heading: words('resetHeading'),
    intro: words(link ? 'resetIntro' : 'codeIntro', { app, login }),
    buttonLabel: words('resetButton'),
    link,
    life: words('resetLife', { life, moment: moment(words, locale, values.linkExpiresAt) }),
    code: values.code ? groupCode(cleanLine(values.code, 20)) : null,
    codeIntro: words('resetCode'),
    codeLife: words(link ? 'resetCodeLife' : 'codeLife', {
      life: words('minutes', { count: values.codeMinutes }),
    }),
    spelledOut: words('resetSpelledOut'),
    notYou: words('resetNotYou'),
    notYouAdvice: words(link ? 'resetNotYouAdvice' : 'codeNotYouAdvice'),
    reason: words('reasonReset', { app }),
  }
}

function noticeWords(
  words: Words,
  locale: Locale,
  { app, login }: Common,
  values: MailValues & { kind: 'notice' },
): Filled {
  const forgotUrl = webUrl(values.forgotUrl)
  if (values.forgotUrl !== undefined && !forgotUrl) throw new TypeError('mail: forgotUrl is no http(s) URL')
  return {
    subject: words('noticeSubject', { app }),
    preheader: words('noticePreheader'),
    heading: words('noticeHeading'),
    intro: words('noticeIntro', { app, login }),
    whenLabel: words('noticeWhen'),
    changedAt: moment(words, locale, values.changedAt),
    fromLabel: words('noticeFrom'),
    ip: values.ip && isIP(values.ip) ? values.ip : null,
    browserLabel: words('noticeBrowser'),
    browser: browserName(values.userAgent),
    notYou: words('noticeNotYou'),
    notYouAdvice: forgotUrl ? words('noticeNotYouAdvice') : words('noticeNotYouContact', { app }),
    buttonLabel: words('noticeButton'),
    spelledOut: words('noticeSpelledOut'),
    forgotUrl,
    reason: words('reasonNotice', { app }),
  }
}

function resetText(v: Filled): string {
  return paragraphs(
    v.greeting,
    v.intro,
    v.link,
    v.life,
    v.code && `${v.codeIntro}\n\n    ${v.code}\n\n${v.codeLife}`,
    `${v.notYou}\n${v.notYouAdvice}`,
    footer(v),
  )
}

function codeText(v: Filled): string {
  return paragraphs(
    v.greeting,
    v.intro,
    `    ${v.code}`,
    v.codeLife,
    `${v.notYou}\n${v.notYouAdvice}`,
    footer(v),
  )
}

function noticeText(v: Filled): string {
  const facts = [
    [v.whenLabel, v.changedAt],
    [v.fromLabel, v.ip],
    [v.browserLabel, v.browser],
  ].filter(([, value]) => value)
  return paragraphs(
    v.greeting,
    v.intro,
    facts.map(([label, value]) => `${label}: ${value}`).join('\n'),
    `${v.notYou}\n${v.notYouAdvice}`,
    v.forgotUrl && `${v.spelledOut}\n${v.forgotUrl}`,
    footer(v),
  )
}

function footer(v: Filled): string {
  const support = v.supportEmail ? `${v.support} ${v.supportEmail}\n` : ''
  // "-- " and a line break begin a signature (RFC 3676 section 4.3).
  return `-- \n${support}${v.reason}\n${v.imprint}`
}

function paragraphs(...parts: (string | null | undefined)[]): string {
  return `${parts.filter(Boolean).join('\n\n')}\n`
}
