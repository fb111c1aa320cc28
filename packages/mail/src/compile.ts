import Handlebars from 'handlebars'
import { lookOf } from './look.ts'
import { codeTemplate } from './templates/code.mjml.ts'
import { noticeTemplate } from './templates/notice.mjml.ts'
import { resetTemplate } from './templates/reset.mjml.ts'

export type Program = (values: Record<string, string | null>) => string

const templates = { reset: resetTemplate, code: codeTemplate, notice: noticeTemplate }

export type Kind = keyof typeof templates
export const kinds = Object.keys(templates) as Kind[]

/**
 * MJML to Handlebars programs, each compiled once. What a brand changes in the frame is its colour alone; all its
 * words are values, escaped at send time, so MJML never sees them. Keeps at most `max`, the least used goes first.
 */
export function createCompiler({
  max = 500,
} = {}): (kind: Kind, color: string, locale: string) => Promise<Program> {
  const programs = new Map<string, Promise<Program>>()
  return (kind, color, locale) => {
    const look = lookOf(color)
    const key = `${kind} ${locale} ${look.brand}`
    const known = programs.get(key)
    const program = known ?? compile(templates[kind](locale, look))
    programs.delete(key)
    programs.set(key, program)
    if (!known) program.catch(() => programs.delete(key))
    const [oldest] = programs.keys()
    if (programs.size > max && oldest !== undefined) programs.delete(oldest)
    return program
  }
}

async function compile(template: string): Promise<Program> {
  // 50 MB and a quarter of a second: only when the first mail is made.
  const { default: mjml } = await import('mjml')
  const { html } = await mjml(template, {
    fonts: {},
    validationLevel: 'strict',
    ignoreIncludes: true,
    useMjmlConfigOptions: false,
    keepComments: false,
    minify: false,
  })
  const source = html.replace(/\n\s*\n/g, '\n').replace(/^[ \t]+/gm, '')
  return Handlebars.compile(source, { strict: true, knownHelpersOnly: true, preventIndent: true })
}
