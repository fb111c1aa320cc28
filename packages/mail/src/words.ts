import { isIP } from 'node:net'
import { type Locale, type Translate, translator } from '@sparekey/locale/locales'
import { checkAddress } from './address.ts'
import type { Kind } from './frames.ts'
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

/** What differs from mail to mail; null where a mail lacks it. All else is the same for one brand and language. */
export const blankNames = ['name', 'login', 'link', 'code', 'moment', 'ip', 'browser'] as const
export type Blank = (typeof blankNames)[number]
export type Blanks = Record<Blank, string | null>

/** What is the same in all mails of one form. */
export interface Fixed {
  kind: Kind
  locale: Locale
  brand: Brand
  linkMinutes: number
  codeMinutes: number
  forgotUrl: string | null
}

/** Sorts a mail's values; each blank comes out as text that is fit for showing. Throws TypeError for a link that isn't http(s). */
export function sortValues(
  brand: Brand,
  locale: Locale,
  values: MailValues,
): { fixed: Fixed; blanks: Blanks } {
  const shared = { name: personName(values.name), login: loginText(values.login) }
  const none = { link: null, code: null, ip: null, browser: null }
  if (values.kind === 'notice') {
    const forgotUrl = webUrl(values.forgotUrl)
    if (values.forgotUrl !== undefined && !forgotUrl) throw new TypeError('mail: forgotUrl is no http(s) URL')
    return {
      fixed: { kind: 'notice', locale, brand, linkMinutes: 0, codeMinutes: 0, forgotUrl },
      blanks: {
        ...none,
        ...shared,
        moment: moment(locale, values.changedAt),
        ip: values.ip && isIP(values.ip) ? values.ip : null,
        browser: browserName(values.userAgent),
      },
    }
  }
  const { linkMinutes, codeMinutes } = values
  const link = webUrl(values.link)
  if (values.link !== undefined && !link) throw new TypeError('mail: link is no http(s) URL')
  if (!link && !values.code) throw new TypeError('mail: neither link nor code')
  const code = values.code ? groupCode(cleanLine(values.code, 20)) : null
  return {
    fixed: { kind: link ? 'reset' : 'code', locale, brand, linkMinutes, codeMinutes, forgotUrl: null },
    blanks: {
      ...none,
      ...shared,
      link,
      code,
      moment: link ? moment(locale, values.linkExpiresAt) : null,
    },
  }
}

type Words = Translate<'mail'>

export type Filled = Record<string, string | null>

/** Every word of a mail, for the template and the text part. */
export function fillWords({ kind, locale, brand, ...fixed }: Fixed, blanks: Blanks): Filled {
  const words = translator(locale, 'mail')
  const app = cleanLine(brand.name, 80)
  const login = blanks.login ?? ''
  const common = {
    ...blanks,
    greeting: blanks.name ? words('greeting', { name: blanks.name }) : words('greetingPlain'),
    logoUrl: webUrl(brand.logoUrl),
    supportEmail: checkAddress(brand.supportEmail),
    support: words('support'),
    imprint: [app, ...(brand.address ?? '').split(/\r?\n/).map(line => cleanLine(line, 200))]
      .filter(line => line !== '')
      .join(' · '),
    app,
  }
  return kind === 'notice'
    ? { ...common, ...noticeWords(words, app, login, fixed.forgotUrl, blanks) }
    : { ...common, ...resetWords(words, app, login, kind, fixed, blanks) }
}

function resetWords(
  words: Words,
  app: string,
  login: string,
  kind: 'reset' | 'code',
  { linkMinutes, codeMinutes }: Pick<Fixed, 'linkMinutes' | 'codeMinutes'>,
  { moment }: Blanks,
): Filled {
  const withLink = kind === 'reset'
  const life = words('minutes', { count: withLink ? linkMinutes : codeMinutes })
  return {
    subject: words('resetSubject', { app }),
    preheader: words('resetPreheader', { life }),
    heading: words('resetHeading'),
    intro: words(withLink ? 'resetIntro' : 'codeIntro', { app, login }),
    buttonLabel: words('resetButton'),
    life: words('resetLife', { life, moment }),
    codeIntro: words('resetCode'),
    codeLife: words(withLink ? 'resetCodeLife' : 'codeLife', {
      life: words('minutes', { count: codeMinutes }),
    }),
    spelledOut: words('resetSpelledOut'),
    notYou: words('resetNotYou'),
    notYouAdvice: words(withLink ? 'resetNotYouAdvice' : 'codeNotYouAdvice'),
    reason: words('reasonReset', { app }),
  }
}

function noticeWords(
  words: Words,
  app: string,
  login: string,
  forgotUrl: string | null,
  { moment }: Blanks,
): Filled {
  return {
    subject: words('noticeSubject', { app }),
    preheader: words('noticePreheader'),
    heading: words('noticeHeading'),
    intro: words('noticeIntro', { app, login }),
    whenLabel: words('noticeWhen'),
    changedAt: moment,
    fromLabel: words('noticeFrom'),
    browserLabel: words('noticeBrowser'),
    notYou: words('noticeNotYou'),
    notYouAdvice: forgotUrl ? words('noticeNotYouAdvice') : words('noticeNotYouContact', { app }),
    buttonLabel: words('noticeButton'),
    spelledOut: words('noticeSpelledOut'),
    forgotUrl,
    reason: words('reasonNotice', { app }),
  }
}

/** Formatters cost 50 times what they are used for, so each language's are kept, and the minute's words with them. */
const clocks = new Map<Locale, { format(at: Date): string; minute: number; text: string }>()

function moment(locale: Locale, at: Date): string {
  let clock = clocks.get(locale)
  if (!clock) {
    const time = new Intl.DateTimeFormat(locale, {
      hour: '2-digit',
      minute: '2-digit',
      hourCycle: 'h23',
      timeZone: 'UTC',
    })
    const date = new Intl.DateTimeFormat(locale, { dateStyle: 'long', timeZone: 'UTC' })
    const words = translator(locale, 'mail')
    const format = (when: Date) => words('moment', { time: time.format(when), date: date.format(when) })
    clock = { format, minute: Number.NaN, text: '' }
    clocks.set(locale, clock)
  }
  const minute = Math.floor(at.getTime() / 60_000)
  if (minute !== clock.minute) Object.assign(clock, { minute, text: clock.format(at) })
  return clock.text
}
