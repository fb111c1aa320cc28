import type { Application } from '../../api/types.ts'

type Directory = Application['directory']

export const directoryWords: Record<Directory, { name: string; short: string }> = {
  builtin: { name: 'Sparekey keeps the passwords', short: 'Passwords kept here' },
  caller: {
    name: 'The application keeps them, and redeems tokens',
    short: 'Passwords kept by the application',
  },
  http: { name: 'A directory asked over HTTP', short: 'Directory over HTTP' },
}

export const directoryChoices = (['builtin', 'caller'] as const).map(value => ({
  value,
  label: directoryWords[value].name,
}))

export const keyKindWords = {
  secret: { name: 'Secret', about: 'For servers: everything of this application.' },
  publishable: {
    name: 'Publishable',
    about: 'May be in a browser: asks for resets from the application’s origins.',
  },
}
