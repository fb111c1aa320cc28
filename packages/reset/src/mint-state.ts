/** How things stand for requests, under the locks of their recipients: statements for many at once. */
import type { Run } from '@sparekey/db/statement'
import type { Addressee } from './addressee.ts'
import { accountIdBy } from './find-account.ts'
import { type JobRequest, type JobRow, jobFields } from './load.ts'
import { loginKey } from './login.ts'

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

/** Where lockNew leaves for readNew which account each request is for: no setting of Postgres', and gone with the transaction. */
const found = 'sparekey.found'

// The account is looked up once, since each time costs as much as all that is read of it.
const lookAndLock = `
  with asked as materialized (
    select ${jobFields('r', 'a')}, case
      when r.status = 'accepted' and r.recipient is null and a.directory = 'builtin'
      then ${accountIdBy('r.application_id', 'r.login_key')} end as "accountId"
    from reset_requests r join applications a on a.id = r.application_id
    where r.id = any($1::text[])
  ), keys as materialized (
    select hashtextextended("applicationId" || ' ' || "accountId", 0) as key from asked where "accountId" is not null
    union select hashtextextended(a.application_id || ' @' || a.email_key, 0)
      from asked join accounts a on a.id = asked."accountId" order by key)
  select asked.* from asked,
    (select count(pg_advisory_xact_lock(key)) from keys) as locked,
    (select set_config('${found}', string_agg(id || ' ' || "accountId", ','), true) from asked) as kept`

/**
 * Reads requests by their ids. Of the new ones in the builtin directory it finds the account and takes the locks, until the
 * transaction ends.
 */
export async function lockNew(
  run: Run,
  ids: string[],
): Promise<(JobRow & { id: string; accountId: string | null })[]> {
  return await run(lookAndLock, [ids])
}

/** How things stand for one request: all that a decision about it needs. */
export interface State {
  id: string
  generation: number
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

const readAll = (asked: string) => `
  select r.id, r.generation, asked.account_id is null or a.id is not null as there, a.email, a.email_key as address, a.name, a.locale,
    seen.hour, seen.day, seen.codes, seen.queued or coalesce(other.live, false) as others,
    coalesce(other.doubled, false) as doubled,
    exists (select from suppressions s where s.application_id = r.application_id
      and s.address_key = coalesce(a.email_key, asked.address_key)
      and (s.expires_at is null or s.expires_at > now())) as suppressed
  from ${asked} as asked (request_id, recipient_key, account_id, generation, address_key)
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
      and o.minted_at is not null and o.ended_at is null and o.id <> r.id limit 1) as other on true
  where r.status = 'accepted' and r.generation = coalesce(asked.generation, r.generation) and r.deliver_before > now()
  for update of r`

const readGiven = readAll('unnest($1::text[], $2::text[], $3::text[], $4::int[], $5::text[])')
// A list, since a planner takes one to have ten: for JSON's hundred it would rather walk through all requests.
const readFound = readAll(`(
  select split_part(pair, ' ', 1), split_part(pair, ' ', 2), split_part(pair, ' ', 2), null::int, null
  from unnest(string_to_array(current_setting($1, true), ',')) as pair)`)

/** Reads and locks the new requests whose accounts `lockNew` found in this transaction, as readState does. */
export async function readNew(run: Run): Promise<Map<string, State>> {
  return byId(await run<State>(readFound, [found]))
}

/** Reads and locks the requests that still want a token; by their ids. */
export async function readState(
  run: Run,
  asked: { request: JobRequest; addressee: Addressee }[],
): Promise<Map<string, State>> {
  const states = await run<State>(readGiven, [
    asked.map(({ request }) => request.id),
    asked.map(({ addressee }) => addressee.key),
    asked.map(({ addressee }) => addressee.accountId),
    asked.map(({ request }) => request.generation),
    asked.map(({ addressee }) => loginKey(addressee.email)),
  ])
  return byId(states)
}

const byId = (states: State[]) => new Map(states.map(state => [state.id, state]))
