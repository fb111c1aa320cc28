import type { Application, Scope } from '../../api/types.ts'

type Directory = Application['directory']
type HumanProof = NonNullable<Application['humanProof']>

export const directoryWords: Record<Directory, { name: string; short: string; about: string }> = {
  builtin: {
    name: 'Kept by Sparekey',
    short: 'Accounts kept here',
    about: 'Accounts are made by the API, and their passwords are stored here as hashes.',
  },
  http: {
    name: 'Your server, asked by Sparekey',
    short: 'Accounts kept by the application’s server',
    about: 'Hosted pages, limits, mails and the password policy are Sparekey’s; signed calls do the rest.',
  },
  caller: {
    name: 'Your server, which redeems tokens',
    short: 'Accounts kept by the application',
    about: 'It names the recipient with each request, and Sparekey never sees a password.',
  },
}

export const directoryChoices = (['builtin', 'http', 'caller'] as const).map(value => ({
  value,
  label: directoryWords[value].name,
}))

export const proofWords = {
  none: { name: 'None', about: 'Limits alone keep machines out.' },
  altcha: {
    name: 'ALTCHA',
    about:
      'Proof of work by a widget served from here; nobody else is asked. Dialects are then spoken to secret keys only.',
  },
  turnstile: {
    name: 'Cloudflare Turnstile',
    about:
      'While Cloudflare is away, browsers can’t ask for resets. Dialects are then spoken to secret keys only.',
  },
  hcaptcha: {
    name: 'hCaptcha',
    about:
      'While hCaptcha is away, browsers can’t ask for resets. Dialects are then spoken to secret keys only.',
  },
} satisfies Record<'none' | HumanProof['kind'], { name: string; about: string }>

export const proofChoices = Object.entries(proofWords).map(([value, { name }]) => ({ value, label: name }))

export const keyKindWords = {
  secret: { name: 'Secret', about: 'For servers, and kept secret there.' },
  publishable: {
    name: 'Publishable',
    about: 'May be in a browser: asks for resets from the application’s origins.',
  },
}

export const scopes = [
  'requests:write',
  'requests:read',
  'tokens:redeem',
  'accounts:*',
  'admin:*',
] as const satisfies Scope[]

export const scopeWords: Record<Scope, string> = {
  'requests:write': 'Ask for resets.',
  'requests:read': 'Read what became of requests; with requests:write, cancel and send again.',
  'tokens:redeem': 'Look at tokens, exchange codes, use them up.',
  'accounts:*': 'Make, read, change, import and check accounts; the suppression list.',
  'admin:*': 'Its own settings: webhooks.',
}
