/** The statement that writes tokens and their mails, for many requests at once. */
import type { Run } from '@sparekey/db/statement'
import type { Addressee } from './addressee.ts'
import { leaseSeconds, type Mail } from './claim.ts'
import type { JobRequest } from './load.ts'
import type { Hold, Uncommitted } from './mint-round.ts'
import type { NewSecrets } from './secrets.ts'

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

// Until the mail server has taken the mail, nobody holds the token but it: the true times are known then.
const writeAll = `
  with minted as (
    update reset_requests r set status = 'sending', account_id = new.account_id, recipient_key = new.recipient_key,
      secret_id = new.secret_id, seed = decode(new.seed, 'hex'), token_digest = decode(new.token_digest, 'hex'),
      code_digest = decode(new.code_digest, 'hex'), code_digits = new.code_digits,
      code_lookup = decode(new.code_lookup, 'hex'), code_tries = 0, minted_at = now(),
      expires_at = now() + make_interval(mins => new.link_minutes),
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
): Promise<Map<string, (request: JobRequest) => Uncommitted>> {
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
              (request: JobRequest): Uncommitted => ({
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
