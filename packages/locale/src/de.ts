import type { Words } from './locales.ts'

export const de: Words = {
  mail: {
    greeting: 'Hallo {name},',
    greetingPlain: 'Guten Tag,',
  },
  pages: {
    continue: 'Weiter',
  },
}
