/** The statements that mint: each for many requests at once. */
import type { Run } from '@sparekey/db/statement'
import type { Addressee } from './addressee.ts'
import { leaseSeconds, type Mail } from './claim.ts'
import type { JobRequest } from './load.ts'
import { loginKey } from './login.ts'
import type { Hold, Minted } from './mint.ts'
import type { NewSecrets } from './secrets.ts'

// In one order everywhere, so that no two transactions wait for each other. The same lock as lockRecipient's, and one more
// for the address, which accounts may share.
const lockAll = `
  with keys as materialized (
    select hashtextextended(recipient, 0) as key from unnest($1::text[]) as recipient
    union select hashtextextended(a.application_id || ' @' || a.email_key, 0)
      from unnest($2::text[]) as asked (id) join accounts a on a.id = asked.id order by key)
  select pg_advisory_xact_lock(key) from keys`

/** Takes the locks of these recipients (`application id`, blank, `recipient key`) and accounts until the transaction ends. */
export async function lockRecipients(run: Run, recipients: string[], accountIds: string[]): Promise<void> {
  await run(lockAll, [recipients, accountIds])
}

/** How things stand for one request: all that a decision about it needs. */
export interface State {
  id: string
  /** The account is still there. */
  there: boolean
  /** The address is on the application's suppression list. */
  suppressed: boolean
  email: string
  name: string | null
  locale: string | null
  /** An account's address as it is compared: accounts that share it share the limits of mails. */
  address: string | null
  /** Reset mails to this recipient and to accounts that share the address, within the last hour and day. */
  hour: number
  day: number
  /** Those of the day to this recipient that had a code. */
  codes: number
  /** Another request of the same kind is live, and was made less than a minute before this one. */
  doubled: boolean
  /** Others are live, or their mails wait. */
  others: boolean
}

// A status is compared as an expression in these statements: by its bare column the planner takes a partial index, and
// walks through everything that waits (10,000 rows a batch, measured) instead of to the few rows asked for.
const readAll = `
  select r.id, asked.account_id is null or a.id is not null as there, a.email, a.email_key as address, a.name, a.locale,
    seen.hour, seen.day, seen.codes, seen.queued or coalesce(other.live, false) as others,
    coalesce(other.doubled, false) as doubled,
    exists (select from suppressions s where s.application_id = r.application_id
      and s.address_key = coalesce(a.email_key, asked.address_key)
      and (s.expires_at is null or s.expires_at > now())) as suppressed
  from unnest($1::text[], $2::text[], $3::text[], $4::int[], $5::text[])
    as asked (request_id, recipient_key, account_id, generation, address_key)
  join reset_requests r on r.id = asked.request_id
  left join accounts a on a.id = asked.account_id
  cross join lateral (
    select sum(own.hour)::int as hour, sum(own.day)::int as day, sum(own.codes) filter (where key = asked.recipient_key)::int as codes,
      bool_or(own.queued and key = asked.recipient_key) as queued
    from (select asked.recipient_key as key
      union all select s.id from accounts s
        where s.application_id = a.application_id and s.email_key = a.email_key and s.id <> a.id) as sharing
    -- Of each key by itself: else the planner goes through all mails of the application first.
    cross join lateral (
      select count(*) filter (where created_at > now() - interval '1 hour') as hour, count(*) as day,
        count(*) filter (where with_code) as codes, coalesce(bool_or(status = 'queued' and request_id <> r.id), false) as queued
      from mails where application_id = r.application_id and recipient_key = sharing.key and kind = 'reset'
        and created_at > now() - interval '1 day') as own) as seen
  left join lateral (
    select true as live, o.carries = r.carries and o.created_at > r.created_at - interval '1 minute' as doubled
    from reset_requests o where o.application_id = r.application_id and o.recipient_key = asked.recipient_key
      and o.status in ('sending', 'sent', 'unknown') and o.id <> r.id limit 1) as other on true
  where r.status || '' = 'accepted' and r.generation = asked.generation and r.deliver_before > now()
  for update of r`

/** Reads and locks the requests that still want a token; by their ids. */
export async function readState(
  run: Run,
  asked: { request: JobRequest; addressee: Addressee }[],
): Promise<Map<string, State>> {
  const states = await run<State>(readAll, [
    asked.map(({ request }) => request.id),
    asked.map(({ addressee }) => addressee.key),
    asked.map(({ addressee }) => addressee.accountId),
    asked.map(({ request }) => request.generation),
    asked.map(({ addressee }) => loginKey(addressee.email)),
  ])
  return new Map(states.map(state => [state.id, state]))
}

/** One request's token and mail, as they are written. */
export interface MintRow {
  mailId: string
  requestId: string
  addressee: Addressee
  locale: string
  linkMinutes: number
  codeMinutes: number
  withCode: boolean
  hold: Hold
  secrets: NewSecrets
}

// Until the mail server has taken the mail, nobody holds the token but it; the true times are set then.
const writeAll = `
  with minted as (
    update reset_requests r set status = 'sending', account_id = new.account_id, recipient_key = new.recipient_key,
      secret_id = new.secret_id, seed = decode(new.seed, 'hex'), token_digest = decode(new.token_digest, 'hex'),
      code_digest = decode(new.code_digest, 'hex'), code_digits = new.code_digits,
      code_lookup = decode(new.code_lookup, 'hex'), code_tries = 0, minted_at = now(),
      expires_at = r.deliver_before + make_interval(mins => new.link_minutes),
      code_expires_at = r.deliver_before + make_interval(mins => new.code_minutes)
    from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[],
      $10::text[], $11::int[], $12::text[], $13::int[], $14::int[], $15::int[], $16::text[], $17::text[])
      as new (request_id, mail_id, account_id, recipient_key, email, name, locale, secret_id, seed, token_digest,
        code_digits, code_lookup, link_minutes, code_minutes, with_code, hold, code_digest)
    where r.id = new.request_id
    returning r.id, r.application_id, r.generation, r.deliver_before, new.mail_id, new.recipient_key, new.email, new.name,
      new.locale, new.with_code, new.hold
  )
  insert into mails (id, application_id, request_id, generation, kind, recipient_key, to_address, to_name, locale,
    with_code, status, claim, lease_until, deliver_before)
  select mail_id, application_id, id, generation, 'reset', recipient_key, email, name, locale, with_code = 1,
    case hold when 'begun' then 'sending' else 'queued' end, case hold when 'nobody' then 0 else 1 end,
    case when hold <> 'nobody' then now() + make_interval(secs => $18) end, deliver_before
  from minted
  returning request_id, floor(extract(epoch from deliver_before - now()) * 1000)::float8 as remaining_ms,
    extract(epoch from now())::float8 * 1000 as now_ms`

/** Writes tokens and mails; resolves to what each request and its mail are now, by the request's id. */
export async function writeMinted(
  run: Run,
  rows: MintRow[],
): Promise<Map<string, (request: JobRequest) => Minted>> {
  const hex = (value: Buffer | null) => value?.toString('hex') ?? null
  const written = await run<{ request_id: string; remaining_ms: number; now_ms: number }>(writeAll, [
    rows.map(row => row.requestId),
    rows.map(row => row.mailId),
    rows.map(row => row.addressee.accountId),
    rows.map(row => row.addressee.key),
    rows.map(row => row.addressee.email),
    rows.map(row => row.addressee.name),
    rows.map(row => row.locale),
    rows.map(row => row.secrets.kept.secretId),
    rows.map(row => hex(row.secrets.kept.seed)),
    rows.map(row => hex(row.secrets.kept.tokenDigest)),
    rows.map(row => row.secrets.kept.codeDigits),
    rows.map(row => hex(row.secrets.kept.codeLookup)),
    rows.map(row => row.linkMinutes),
    rows.map(row => row.codeMinutes),
    rows.map(row => Number(row.withCode)),
    rows.map(row => row.hold),
    rows.map(row => hex(row.withCode ? row.secrets.kept.codeDigest : null)),
    leaseSeconds,
  ])
  const byRequest = new Map(rows.map(row => [row.requestId, row]))
  return new Map(
    written.flatMap(({ request_id, remaining_ms, now_ms }) => {
      const row = byRequest.get(request_id)
      const now = new Date(now_ms)
      return row
        ? [
            [
              request_id,
              (request: JobRequest): Minted => ({
                request: { ...request, status: 'sending', ...row.secrets.kept },
                carried: row.withCode ? row.secrets.carried : { token: row.secrets.carried.token },
                mail: mailOf(row, request, now),
                remainingMs: remaining_ms,
                now,
              }),
            ] as const,
          ]
        : []
    }),
  )
}

function mailOf(
  { mailId, addressee, locale, withCode, hold }: MintRow,
  { id, applicationId, generation, deliverBefore }: JobRequest,
  now: Date,
): Mail {
  return {
    id: mailId,
    applicationId,
    requestId: id,
    generation,
    kind: 'reset',
    recipientKey: addressee.key,
    toAddress: addressee.email,
    toName: addressee.name,
    locale,
    details: null,
    withCode,
    status: hold === 'begun' ? 'sending' : 'queued',
    reason: null,
    tries: 0,
    unreached: 0,
    lost: 0,
    claim: hold === 'nobody' ? 0 : 1,
    leaseUntil: null,
    nextTryAt: now,
    deliverBefore,
    createdAt: now,
    sentAt: null,
  }
}
