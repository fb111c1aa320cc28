import type { Locale } from '@sparekey/locale/locales'
import Handlebars from 'handlebars'
import { type Kind, makeFrame } from './frames.ts'

export type Program = (values: Record<string, string | null>) => string

/** Handlebars programs, each compiled once. All of a brand is values, escaped at send time: its colours, too. */
export function createCompiler(): (kind: Kind, locale: Locale) => Promise<Program> {
  const programs = new Map<string, Promise<Program>>()
  return (kind, locale) => {
    const key = `${kind} ${locale}`
    const known = programs.get(key)
    if (known) return known
    const program = compile(kind, locale)
    programs.set(key, program)
    program.catch(() => programs.delete(key))
    return program
  }
}

async function compile(kind: Kind, locale: Locale): Promise<Program> {
  const frame = await makeFrame(kind, locale)
  return Handlebars.compile(frame, { strict: true, knownHelpersOnly: true, preventIndent: true })
}
