/** The statement that writes tries down, for many mails at once. */
import { makeId } from '@sparekey/db/id'
import type { Run } from '@sparekey/db/statement'
import type { Dialect, OutcomeClass } from '@sparekey/db/types'
import type { Attempt } from '@sparekey/mail/outcome'
import type { Mail } from './claim.ts'
import { loginKey } from './login.ts'
import type { Verdict } from './settle.ts'
import { unknownRecipientDays } from './suppressions.ts'

export interface Lifetimes {
  linkMinutes: number
  codeMinutes: number
}

/** What a try makes of a mail, and not by how much it changes: where the answer was lost, it is written once more. */
interface Change extends Lifetimes {
  mail: Mail
  mailStatus: Verdict['status']
  /** What the request becomes; null: it stays as it is. */
  requestStatus: 'sent' | 'unknown' | 'failed' | null
  /** The mail may have arrived, so that its times count from now; not so while a further try is to come. */
  arrived: boolean
  reason: string | null
  afterMs: number
  tries: number
  unreached: number
  lost: number
}

/** What a verdict means for the mail and its request. Pure. */
export function settleRow(
  mail: Mail,
  verdict: Verdict,
  outcome: OutcomeClass | undefined,
  { linkMinutes, codeMinutes }: Lifetimes,
): Change {
  const answered = outcome === 'later' || outcome === 'throttled'
  const brokeOff = outcome === 'lost_before_data' || outcome === 'lost_after_data'
  const { status } = verdict
  const ofRequest = status === 'queued' ? (outcome === 'lost_after_data' ? 'unknown' : null) : status
  return {
    mail,
    mailStatus: status,
    requestStatus: mail.kind === 'reset' ? ofRequest : null,
    arrived: status === 'sent' || status === 'unknown',
    reason: status === 'failed' ? verdict.reason : null,
    afterMs: status === 'queued' ? verdict.afterMs : 0,
    tries: mail.tries + Number(answered),
    unreached: answered ? 0 : mail.unreached + Number(brokeOff),
    lost: mail.lost + Number(outcome === 'lost_after_data'),
    linkMinutes,
    codeMinutes,
  }
}

/** A mail that was settled; the rest is its request's, where the mail still spoke for it. */
export interface SettledRow {
  id: string
  applicationId: string
  dialect: Dialect
  login: string
  latencyMs: number
}

/** An address whose mail server said that there is no such mailbox. */
interface UnknownRecipient {
  mail: Pick<Mail, 'id' | 'applicationId' | 'toAddress'>
  response: string | undefined
}

// A mail whose request is over, was sent again meanwhile, or whose code was exchanged, has no next try. Whoever
// exchanged the code has the mail, whatever became of the line: the new token must live on. A link's time counts from now;
// from its minting where that was within a second: an index names that column, and an update that changes no such column
// needs no new entry in any index.
const settling = `
  with change as (
    select * from unnest($1::text[], $2::int[], $3::text[], $4::text[], $5::int[], $6::text[], $7::float8[], $8::int[],
      $9::int[], $10::int[], $11::int[], $12::int[])
      as change (mail_id, claim, mail_status, request_status, arrived, reason, after_ms, tries, unreached, lost,
        link_minutes, code_minutes)
  ), tried as (
    insert into mail_attempts (mail_id, transport, outcome, code, response, duration_ms)
    select * from unnest($13::text[], $14::text[], $15::text[], $16::int[], $17::text[], $18::int[])
  ), settled as (
    update mails m set
      status = case when change.mail_status <> 'queued' then change.mail_status
        when m.kind = 'notice' or exists (select from reset_requests r where r.id = m.request_id
          and r.generation = m.generation and r.status in ('sending', 'unknown') and r.exchanged_at is null) then 'queued'
        else 'cancelled' end,
      reason = change.reason,
      lease_until = null,
      tries = change.tries,
      unreached = change.unreached,
      lost = change.lost,
      next_try_at = case change.mail_status when 'queued'
        then now() + make_interval(secs => change.after_ms / 1000) else m.next_try_at end,
      sent_at = case change.mail_status when 'sent' then now() else m.sent_at end
    from change where m.id = change.mail_id and m.claim = change.claim and m.status || '' in ('queued', 'sending')
    returning m.id, m.request_id, m.generation, m.with_code, change.*
  ), changed as (
    update reset_requests r set
      status = s.request_status,
      reason = case s.request_status when 'failed' then s.reason else r.reason end,
      ended_at = case s.request_status when 'failed' then now() else r.ended_at end,
      seed = case when s.mail_status = 'queued' then r.seed end,
      token_digest = case s.request_status when 'failed' then null else r.token_digest end,
      code_digest = case s.request_status when 'failed' then null else r.code_digest end,
      code_lookup = case s.request_status when 'failed' then null else r.code_lookup end,
      sent_at = case when s.arrived = 0 then r.sent_at when s.mail_status = 'sent' then now() end,
      expires_at = case when now() + make_interval(mins => s.link_minutes) - r.expires_at
        not between interval '0' and interval '1 second' then now() + make_interval(mins => s.link_minutes) else r.expires_at end,
      code_expires_at = case when s.arrived = 0 then r.code_expires_at
        when s.with_code then now() + make_interval(mins => s.code_minutes) end
    from settled s where r.id = s.request_id and r.generation = s.generation and s.request_status is not null
      and r.status in ('sending', 'unknown') and (s.request_status <> 'failed' or r.exchanged_at is null)
    returning r.id, r.application_id, r.dialect, r.login,
      extract(epoch from now() - r.created_at)::float8 * 1000 as latency_ms
  )`
// Only where whoever says it still held the claim. In one order everywhere, so that no two wait for each other in a circle.
const listing = `, listed as (
    insert into suppressions (id, application_id, address_key, reason, response, expires_at)
    select distinct on (application_id, address_key) id, application_id, address_key, 'unknown_recipient', response,
      now() + make_interval(days => $24)
    from unnest($19::text[], $20::text[], $21::text[], $22::text[], $23::text[])
      as gone (mail_id, id, application_id, address_key, response)
    where mail_id in (select id from settled)
    order by application_id, address_key
    on conflict (application_id, address_key) do update
      set response = excluded.response, expires_at = excluded.expires_at
      where suppressions.reason = 'unknown_recipient'
  )`
const telling = `
  select s.id, c.application_id as "applicationId", c.dialect, c.login, c.latency_ms as "latencyMs"
  from settled s left join changed c on c.id = s.request_id and s.request_status is not null`
const settleAll = settling + telling
const settleAndList = settling + listing + telling

/** Writes tries down, and whom no mail server knows; resolves to the mails whose claim still held, by their ids. */
export async function settleRows(
  run: Run,
  changes: Change[],
  attempts: { mailId: string; attempt: Attempt }[],
  unknown: UnknownRecipient[] = [],
): Promise<Map<string, SettledRow>> {
  const parameters = [
    changes.map(({ mail }) => mail.id),
    changes.map(({ mail }) => mail.claim),
    changes.map(change => change.mailStatus),
    changes.map(change => change.requestStatus),
    changes.map(change => Number(change.arrived)),
    changes.map(change => change.reason),
    changes.map(change => change.afterMs),
    changes.map(change => change.tries),
    changes.map(change => change.unreached),
    changes.map(change => change.lost),
    changes.map(change => change.linkMinutes),
    changes.map(change => change.codeMinutes),
    attempts.map(({ mailId }) => mailId),
    attempts.map(({ attempt }) => attempt.transport),
    attempts.map(({ attempt }) => attempt.class),
    attempts.map(({ attempt }) => attempt.code ?? null),
    attempts.map(({ attempt }) => attempt.response ?? null),
    attempts.map(({ attempt }) => Math.round(attempt.durationMs)),
  ]
  const listed = [
    unknown.map(({ mail }) => mail.id),
    unknown.map(() => makeId('sup')),
    unknown.map(({ mail }) => mail.applicationId),
    unknown.map(({ mail }) => loginKey(mail.toAddress)),
    unknown.map(({ response }) => response ?? null),
    unknownRecipientDays,
  ]
  const rows =
    unknown.length === 0
      ? await run<SettledRow>(settleAll, parameters)
      : await run<SettledRow>(settleAndList, [...parameters, ...listed])
  return new Map(rows.map(row => [row.id, row]))
}
