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

// By subscripts: of so many lists `unnest` would make as many tables first (a lone row 255 → 210 µs, 27 of them 730 → 685).
const insertRows = `
  insert into reset_requests (id, application_id, dialect, login, login_key, locale, redirect_url, reset_url, carries,
    code_digits, metadata, client, recipient, status, deliver_before)
  select ($1::text[])[i], ($2::text[])[i], ($3::text[])[i], ($4::text[])[i], ($5::text[])[i], ($6::text[])[i],
    ($7::text[])[i], ($8::text[])[i], ($9::text[])[i], ($10::int[])[i], ($11::text[])[i]::jsonb, ($12::text[])[i]::jsonb,
    ($13::text[])[i]::jsonb, 'accepted', now() + make_interval(mins => ($14::int[])[i])
  from generate_subscripts($1::text[], 1) as i`

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
