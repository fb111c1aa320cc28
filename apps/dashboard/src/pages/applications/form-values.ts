import type { Application, ApplicationPatch } from '../../api/types.ts'
import { dialects } from '../../api/types.ts'

/** What a form holds, as the API takes it. Empty is null where a value may be taken away. */
export function valuesOf(form: FormData) {
  const text = (name: string) => String(form.get(name) ?? '').trim()
  const orNull = (name: string) => text(name) || null
  const lines = (name: string) =>
    text(name)
      .split('\n')
      .map(line => line.trim())
      .filter(Boolean)
  const number = (name: string) => Number(text(name))
  return {
    name: text('name'),
    slug: text('slug'),
    brand: {
      color: text('brand.color'),
      logoUrl: orNull('brand.logoUrl'),
      supportEmail: orNull('brand.supportEmail'),
      address: orNull('brand.address'),
    },
    from: orNull('from'),
    replyTo: orNull('replyTo'),
    locale: text('locale'),
    redirectOrigins: lines('redirectOrigins'),
    resetUrl: orNull('resetUrl'),
    aliases: lines('aliases'),
    dialects: dialects.filter(name => form.getAll('dialects').includes(name)),
    directory: text('directory') as Application['directory'],
    // Asked for in one kind of directory only; in the others it stays as it is.
    ...(form.has('directoryUrl') ? { directoryUrl: text('directoryUrl') } : {}),
    linkMinutes: number('linkMinutes'),
    codeMinutes: number('codeMinutes'),
    codeDigits: text('codeDigits') ? number('codeDigits') : null,
    deliverWithinMinutes: number('deliverWithinMinutes'),
    minPasswordLength: number('minPasswordLength'),
    limits: {
      perRecipientHour: number('limits.perRecipientHour'),
      perRecipientDay: number('limits.perRecipientDay'),
      perAddressMinute: number('limits.perAddressMinute'),
      perKeyMinute: number('limits.perKeyMinute'),
      wrongCodesHour: number('limits.wrongCodesHour'),
      wrongCodesDay: number('limits.wrongCodesDay'),
      wrongExchangesHour: number('limits.wrongExchangesHour'),
      wrongExchangesDay: number('limits.wrongExchangesDay'),
      suspectRequestsMinute: number('limits.suspectRequestsMinute'),
    },
    nile: { revealUnknown: form.get('nile.revealUnknown') === 'on' },
    humanProof: proofOf(text),
  } satisfies ApplicationPatch
}

/** The secret is left out where none was typed: the one that is kept stays. */
function proofOf(text: (name: string) => string): NonNullable<ApplicationPatch['humanProof']> | null {
  const kind = text('humanProof.kind')
  if (kind === 'altcha') return { kind }
  if (kind !== 'turnstile' && kind !== 'hcaptcha') return null
  const secret = text('humanProof.secret')
  return { kind, siteKey: text('humanProof.siteKey'), ...(secret ? { secret } : {}) }
}

type Values = ReturnType<typeof valuesOf>

function storedValues(application: Application): Omit<Values, 'humanProof'> {
  const { brand, from, replyTo, resetUrl, codeDigits, nile, dialects: spoken } = application
  return {
    ...application,
    brand: {
      color: brand.color,
      logoUrl: brand.logoUrl ?? null,
      supportEmail: brand.supportEmail ?? null,
      address: brand.address ?? null,
    },
    from: from ?? null,
    replyTo: replyTo ?? null,
    resetUrl: resetUrl ?? null,
    codeDigits: codeDigits ?? null,
    dialects: dialects.filter(name => spoken.includes(name)),
    nile: { revealUnknown: nile.revealUnknown ?? false },
  }
}

/** Only what differs, so that two people who change different things don't undo each other. */
export function changesOf(application: Application, values: Values): ApplicationPatch {
  const { humanProof, ...merged } = values
  return {
    ...changed(storedValues(application), merged),
    // Taken as a whole, since one kind has not what another has.
    ...(same(application.humanProof ?? null, humanProof) ? {} : { humanProof }),
  }
}

function changed(before: object, after: object): object {
  const old = new Map(Object.entries(before))
  const entries = Object.entries(after).flatMap(([name, value]) => {
    const was = old.get(name)
    if (same(was, value)) return []
    const nested = value !== null && typeof value === 'object' && !Array.isArray(value)
    return [[name, nested && was ? changed(was, value) : value]]
  })
  return Object.fromEntries(entries)
}

function same(one: unknown, other: unknown): boolean {
  if (one === null || other === null || typeof one !== 'object' || typeof other !== 'object')
    return one === other
  const names = Object.keys(other)
  if (Array.isArray(other) && Array.isArray(one) && one.length !== other.length) return false
  return names.every(name => same(Reflect.get(one, name), Reflect.get(other, name)))
}
