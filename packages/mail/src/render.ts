import { type Locale, localeNames } from '@sparekey/locale/locales'
import { createForms, type Form, fill } from './form.ts'
import { kinds } from './frames.ts'
import { type Addressing, type Composed, compose, createSheet, escapeHtml, type Sheet } from './message.ts'
import { type Brand, type MailValues, sortValues } from './words.ts'

export interface Rendered {
  subject: string
  html: string
  text: string
}

/**
 * Every value comes out as text: escaped in HTML, without line breaks, and so written that mail clients make no link of
 * a name or login. Links are `link`, `forgotUrl`, `logoUrl` and the support address, and nothing else. Both verbs throw
 * TypeError when `link` or `forgotUrl` isn't http(s), or for an unknown locale.
 */
export interface Renderer {
  /** Compiles the templates of all kinds and languages ahead of time. */
  warm(): Promise<void>
  /** One mail for looking at. */
  render(brand: Brand, locale: Locale, values: MailValues): Promise<Rendered>
  /** One mail, ready to send. Throws TypeError, without the value, when an address, the id or the date is unusable. */
  compose(brand: Brand, locale: Locale, values: MailValues, addressing: Addressing): Promise<Composed>
}

export function createRenderer(): Renderer {
  const forms = createForms()
  const sheets = new WeakMap<Form, Map<string, Sheet>>()

  function sheetOf(form: Form, { from, replyTo }: Addressing, locale: Locale): Sheet {
    const key = `${from.name ?? ''}\n${from.address}\n${replyTo ?? ''}`
    const known = sheets.get(form)
    const sheet =
      known?.get(key) ?? createSheet(form, { from, ...(replyTo === undefined ? {} : { replyTo }) }, locale)
    // An application has one sender; what it had before is not needed again.
    if (!known || known.size > 3) sheets.set(form, new Map([[key, sheet]]))
    else known.set(key, sheet)
    return sheet
  }

  return {
    async warm() {
      await Promise.all(kinds.flatMap(kind => localeNames.map(locale => forms.programOf(kind, locale))))
    },
    async render(brand, locale, values) {
      const { fixed, blanks } = sortValues(brand, locale, values)
      const { subject, html, text } = await forms.find(fixed, blanks)
      return { subject, html: fill(html, blanks, escapeHtml), text: fill(text, blanks, value => value) }
    },
    async compose(brand, locale, values, addressing) {
      const { fixed, blanks } = sortValues(brand, locale, values)
      return compose(sheetOf(await forms.find(fixed, blanks), addressing, locale), blanks, addressing)
    },
  }
}
