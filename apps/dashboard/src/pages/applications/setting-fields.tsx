import { type Application, dialects, mailLocales } from '../../api/types.ts'
import { DirectoryFields } from './directory-fields.tsx'
import { Check, Group, Line, Lines, Pick, Whole } from './form.tsx'

interface Props {
  application: Application
}

export function NameFields({ application: { name, slug, brand } }: Props) {
  return (
    <Group title="Name and brand" about="What people see in mails and on the hosted pages.">
      <Line label="Name" name="name" value={name} required />
      <Line label="Slug" name="slug" value={slug} required hint={`In addresses: /forgot/${slug}`} />
      <Line label="Color" name="brand.color" value={brand.color} required hint="Such as #2563eb" />
      <Line label="Logo" name="brand.logoUrl" type="url" value={brand.logoUrl} placeholder="https://" />
      <Line label="Support email" name="brand.supportEmail" type="email" value={brand.supportEmail} />
      <Lines
        label="Postal address"
        name="brand.address"
        value={brand.address}
        hint="Stands at the foot of mails"
      />
    </Group>
  )
}

export function MailFields({ application: { from, replyTo, locale } }: Props) {
  const known = mailLocales.some(({ value }) => value === locale)
  return (
    <Group title="Mails" about="Who they come from, and in which language.">
      <Line
        label="Sender"
        name="from"
        value={from}
        placeholder="Acme <no-reply@acme.example>"
        hint="Empty: the service’s own address, with this application’s name"
      />
      <Line label="Answers go to" name="replyTo" type="email" value={replyTo} />
      <Pick
        label="Language"
        name="locale"
        value={locale}
        choices={known ? mailLocales : [...mailLocales, { value: locale, label: locale }]}
        hint="Where a request does not say one"
      />
    </Group>
  )
}

export function WayFields({ application: { resetUrl, redirectOrigins, aliases, ...application } }: Props) {
  return (
    <Group
      title="Ways in and out"
      about="Where links lead, who may call from a browser, and in which dialect."
    >
      <Line
        wide
        label="Own reset page"
        name="resetUrl"
        value={resetUrl}
        placeholder="https://app.example.com/reset#{token}"
        hint="Empty: the hosted page, unless your server sets passwords. {token} belongs after the #."
      />
      <Lines
        label="Origins"
        name="redirectOrigins"
        value={redirectOrigins.join('\n')}
        placeholder="https://app.example.com"
        hint="One a line: may call with the publishable key, and be gone back to"
      />
      <Lines
        label="Aliases"
        name="aliases"
        value={aliases.join('\n')}
        hint="One a line: other names by which dialects find it"
      />
      <fieldset className="grid gap-2 sm:col-span-2 sm:grid-cols-3">
        <legend className="mb-1 text-sm font-semibold">Dialects</legend>
        {dialects.map(name => (
          <Check
            key={name}
            label={name}
            name="dialects"
            value={name}
            on={application.dialects.includes(name)}
          />
        ))}
      </fieldset>
      <Check
        wide
        label="nile: reveal unknown logins"
        name="nile.revealUnknown"
        on={application.nile.revealUnknown ?? false}
        hint="Answers as the vendor does, and so tells everyone who has an account."
      />
    </Group>
  )
}

export function AccountFields({ application: { directory, directoryUrl, minPasswordLength } }: Props) {
  return (
    <Group title="Accounts" about="Who keeps them with their passwords, and how short those may be.">
      <DirectoryFields directory={directory} directoryUrl={directoryUrl} />
      <Whole
        label="Least length of a password"
        name="minPasswordLength"
        value={minPasswordLength}
        range={[8, 64]}
      />
    </Group>
  )
}

export function TimeFields({ application }: Props) {
  const { linkMinutes, codeMinutes, deliverWithinMinutes, codeDigits } = application
  return (
    <Group title="Lifetimes" about="In minutes. A link’s life begins when the mail server has the mail.">
      <Whole label="Link" name="linkMinutes" value={linkMinutes} range={[1, 1440]} />
      <Whole label="Code" name="codeMinutes" value={codeMinutes} range={[1, 60]} />
      <Whole
        label="Deliver within"
        name="deliverWithinMinutes"
        value={deliverWithinMinutes}
        range={[1, 60]}
        hint="After that the request fails"
      />
      <Whole
        label="Digits of a code"
        name="codeDigits"
        value={codeDigits}
        range={[6, 10]}
        required={false}
        hint="Empty: 8, or 6 in autoshares"
      />
    </Group>
  )
}

export function LimitFields({ application: { limits } }: Props) {
  return (
    <Group title="Limits" about="Those for one person are silent; those for calls answer 429.">
      <Whole
        label="Mails to one person, an hour"
        name="limits.perRecipientHour"
        value={limits.perRecipientHour}
        range={[1, 1000]}
      />
      <Whole
        label="Mails to one person, a day"
        name="limits.perRecipientDay"
        value={limits.perRecipientDay}
        range={[1, 1000]}
      />
      <Whole
        label="Calls from one address, a minute"
        name="limits.perAddressMinute"
        value={limits.perAddressMinute}
        range={[1, 1_000_000]}
      />
      <Whole
        label="Calls with one key, a minute"
        name="limits.perKeyMinute"
        value={limits.perKeyMinute}
        range={[1, 1_000_000]}
      />
      <Whole
        label="Wrong codes, an hour"
        name="limits.wrongExchangesHour"
        value={limits.wrongExchangesHour}
        range={[1, 1_000_000]}
        hint="Of all callers; beyond, no code is taken"
      />
      <Whole
        label="Wrong codes, a day"
        name="limits.wrongExchangesDay"
        value={limits.wrongExchangesDay}
        range={[1, 1_000_000]}
      />
      <Whole
        label="Wrong codes without a login, an hour"
        name="limits.wrongCodesHour"
        value={limits.wrongCodesHour}
        range={[1, 1_000_000]}
        hint="In autoshares; 429 beyond"
      />
      <Whole
        label="Wrong codes without a login, a day"
        name="limits.wrongCodesDay"
        value={limits.wrongCodesDay}
        range={[1, 1_000_000]}
      />
      <Whole
        label="Requests before suspicion, a minute"
        name="limits.suspectRequestsMinute"
        value={limits.suspectRequestsMinute}
        range={[1, 1_000_000]}
        hint="Above it and ten times the usual, abuse.suspected is told; none is refused"
      />
    </Group>
  )
}
