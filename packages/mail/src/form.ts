import { randomBytes } from 'node:crypto'
import { createCompiler } from './compile.ts'
import { lookOf } from './look.ts'
import { textPart } from './text-part.ts'
import { type Blank, type Blanks, blankNames, type Fixed, fillWords } from './words.ts'

/** A text with blanks: what stands between them, and the names of the blanks. One more text than blanks. */
export interface Pieces {
  texts: string[]
  blanks: Blank[]
}

/** A mail of one brand, language and shape with all that is always the same filled in. */
export interface Form {
  subject: string
  html: Pieces
  text: Pieces
}

/** Stands where a blank is while a form is made. Nobody outside can know it, so no brand's words can hold one. */
const mark = randomBytes(12).toString('hex')
const marks = Object.fromEntries(blankNames.map(name => [name, `${mark}${name}.`])) as Record<Blank, string>
const pattern = new RegExp(`${mark}(\\w+)\\.`)

/**
 * Makes forms and keeps them: words and escaping cost 1 ms a mail, a form's blanks 10 µs. At most `max` are kept,
 * the least used goes first.
 */
export function createForms({ max = 300 } = {}) {
  const programOf = createCompiler()
  const forms = new Map<string, Promise<Form>>()

  async function make(fixed: Fixed, blanks: Blanks): Promise<Form> {
    const marked = Object.fromEntries(
      blankNames.map(name => [name, blanks[name] === null ? null : marks[name]]),
    ) as Blanks
    const filled = fillWords(fixed, marked)
    const program = await programOf(fixed.kind, fixed.locale)
    const html = program({ ...filled, ...lookOf(fixed.brand.color) })
    return { subject: filled.subject ?? '', html: cut(html), text: cut(textPart(fixed.kind, filled)) }
  }

  return {
    programOf,
    /** The form for these values: which blanks are null makes its shape. */
    find(fixed: Fixed, blanks: Blanks): Promise<Form> {
      const shape = blankNames.map(name => (blanks[name] === null ? '-' : '+')).join('')
      const key = shape + JSON.stringify(fixed)
      const known = forms.get(key)
      const form = known ?? make(fixed, blanks)
      forms.delete(key)
      forms.set(key, form)
      if (!known) form.catch(() => forms.delete(key))
      const [oldest] = forms.keys()
      if (forms.size > max && oldest !== undefined) forms.delete(oldest)
      return form
    },
  }
}

function cut(text: string): Pieces {
  const parts = text.split(pattern)
  return {
    texts: parts.filter((_, index) => index % 2 === 0),
    blanks: parts.filter((_, index) => index % 2 === 1) as Blank[],
  }
}

/** The text with its blanks filled in, each written as `write` says. */
export function fill({ texts, blanks }: Pieces, values: Blanks, write: (text: string) => string): string {
  let out = texts[0] ?? ''
  for (const [index, blank] of blanks.entries()) out += write(values[blank] ?? '') + texts[index + 1]
  return out
}
