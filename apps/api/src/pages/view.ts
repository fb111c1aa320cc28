import { pickLocale, type Translate, translator } from '@sparekey/locale/locales'
import type { Context } from 'hono'
import type { Assets } from './assets.ts'
import type { PageApplication } from './verbs.ts'

/** What every part of a page needs to know. */
export interface View {
  application?: PageApplication
  locale: string
  say: Translate<'pages'>
  asset: Assets['path']
  /** An address of ours with its parameters, and with the language where the visitor chose one. */
  link(path: string, parameters?: Record<string, string | undefined>): string
}

/** The view of one visit. Language: `?lang=`, then `Accept-Language`, then the application's. */
export function viewOf(c: Context, assets: Assets, application?: PageApplication): View {
  const lang = c.req.query('lang')
  const locale = pickLocale(lang, c.req.header('accept-language'), application?.locale)
  return {
    application,
    locale,
    say: translator(locale, 'pages'),
    asset: assets.path,
    link(path, parameters = {}) {
      const query = new URLSearchParams()
      for (const [name, value] of Object.entries(parameters)) if (value) query.set(name, value)
      if (lang) query.set('lang', locale)
      return query.size > 0 ? `${path}?${query}` : path
    },
  }
}

export const forgotPath = (application: PageApplication) => `/forgot/${encodeURIComponent(application.slug)}`
export const resetPath = (application: PageApplication) => `/reset/${encodeURIComponent(application.slug)}`
