import type { Db, Executor } from '@sparekey/db/db'
import { resetRequests } from '@sparekey/db/schema/reset-requests'
import { runOn } from '@sparekey/db/statement'
import { isRefused, isUnavailable } from '@sparekey/db/unavailable'
import { sql } from 'drizzle-orm'
import { createBatcher, oneFor } from './batcher.ts'

type Row = typeof resetRequests.$inferInsert

/** A reset request as it is first written. */
export type NewRequest = Required<
  Pick<
    Row,
    | 'id'
    | 'applicationId'
    | 'dialect'
    | 'login'
    | 'loginKey'
    | 'locale'
    | 'redirectUrl'
    | 'resetUrl'
    | 'carries'
    | 'codeDigits'
    | 'metadata'
    | 'client'
    | 'recipient'
  >
> & { deliverWithinMinutes: number }

/** Writes one request among other statements of a transaction. */
export async function insertRow(tx: Executor, { deliverWithinMinutes, ...row }: NewRequest): Promise<void> {
  const deliverBefore = sql`now() + make_interval(mins => ${deliverWithinMinutes})`
  await tx.insert(resetRequests).values({ ...row, status: 'accepted', deliverBefore })
}

const insertRows = `
  insert into reset_requests (id, application_id, dialect, login, login_key, locale, redirect_url, reset_url, carries,
    code_digits, metadata, client, recipient, status, deliver_before)
  select id, application_id, dialect, login, login_key, locale, redirect_url, reset_url, carries,
    code_digits, metadata::jsonb, client::jsonb, recipient::jsonb, 'accepted', now() + make_interval(mins => minutes)
  from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[],
    $10::int[], $11::text[], $12::text[], $13::text[], $14::int[])
    as new (id, application_id, dialect, login, login_key, locale, redirect_url, reset_url, carries,
      code_digits, metadata, client, recipient, minutes)`

/** Writes requests; those that come at once share one statement. Each resolves once its row is committed. */
export const writeTogether = oneFor((db: Db) =>
  createBatcher<NewRequest, void>(
    async rows => {
      await runOn(db.hot)(insertRows, [
        rows.map(row => row.id),
        rows.map(row => row.applicationId),
        rows.map(row => row.dialect),
        rows.map(row => row.login),
        rows.map(row => row.loginKey),
        rows.map(row => row.locale),
        rows.map(row => row.redirectUrl),
        rows.map(row => row.resetUrl),
        rows.map(row => row.carries),
        rows.map(row => row.codeDigits),
        rows.map(row => json(row.metadata)),
        rows.map(row => json(row.client)),
        rows.map(row => json(row.recipient)),
        rows.map(row => row.deliverWithinMinutes),
      ])
      return undefined
    },
    // Any other may have been carried out, and is not tried again: the caller is told to.
    { together: error => !isRefused(error) || isUnavailable(error), half: 32 },
  ),
)

const json = (value: unknown) => (value === null ? null : JSON.stringify(value))
