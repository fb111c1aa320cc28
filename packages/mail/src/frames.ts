import { type Look, standIn } from './look.ts'
import { codeTemplate } from './templates/code.mjml.ts'
import { noticeTemplate } from './templates/notice.mjml.ts'
import { resetTemplate } from './templates/reset.mjml.ts'

const templates = { reset: resetTemplate, code: codeTemplate, notice: noticeTemplate }

export type Kind = keyof typeof templates
export const kinds = Object.keys(templates) as Kind[]

/**
 * A kind of mail in a language: MJML compiled to HTML with Handlebars' blanks, for words and for a brand's colours. Where
 * the program is built, tools/bundle.mjs makes all of them ahead: MJML costs a process 50 MB and 0.7 s.
 */
export async function makeFrame(kind: Kind, locale: string): Promise<string> {
  const { default: mjml } = await import('mjml')
  const { html } = await mjml(templates[kind](locale), {
    fonts: {},
    validationLevel: 'strict',
    ignoreIncludes: true,
    useMjmlConfigOptions: false,
    keepComments: false,
    minify: false,
  })
  let frame = html.replace(/\n\s*\n/g, '\n').replace(/^[ \t]+/gm, '')
  for (const name of Object.keys(standIn) as (keyof Look)[])
    frame = frame.replaceAll(standIn[name], `{{${name}}}`)
  return frame
}
