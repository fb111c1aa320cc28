/**
 * The breaker for codes that come without a login. Such a guess may hit any live code of the application, so tries can't
 * be counted by code; wrong ones are counted for the whole application instead, in Postgres, so that all processes count
 * together. With L live codes of d digits, the chance that anything is hit in a day is wrongCodesDay × L / 10^d.
 */
import { codeGuesses } from '@sparekey/db/schema/reset-requests'
import { sql } from 'drizzle-orm'
import type { Application } from './applications.ts'
import type { Context } from './context.ts'
import { ResetError } from './errors.ts'

const hour = sql`date_trunc('hour', now())`

/** Counts a guess as wrong until it proves right. Throws ResetError `rate_limited` when there were too many. */
export async function countGuess(
  { db, log }: Pick<Context, 'db' | 'log'>,
  { id: applicationId, limits }: Pick<Application, 'id' | 'limits'>,
): Promise<void> {
  const [counted] = await db
    .insert(codeGuesses)
    .values({ applicationId, hour, wrong: 1 })
    .onConflictDoUpdate({
      target: [codeGuesses.applicationId, codeGuesses.hour],
      set: { wrong: sql`${codeGuesses.wrong} + 1` },
    })
    .returning({
      hour: codeGuesses.wrong,
      before:
        sql`(select coalesce(sum(g.wrong), 0) from code_guesses g where g.application_id = ${applicationId}
        and g.hour > now() - interval '1 day' and g.hour < ${hour})`.mapWith(Number),
      secondsLeft: sql`ceil(extract(epoch from ${hour} + interval '1 hour' - now()))`.mapWith(Number),
    })
  if (!counted) throw new TypeError('an insert returned no row')
  if (counted.hour <= limits.wrongCodesHour && counted.before + counted.hour <= limits.wrongCodesDay) return
  log.warn({ applicationId, inHour: counted.hour }, 'too many wrong codes: no code is taken for now')
  throw new ResetError('rate_limited', 'Too many wrong codes were tried. No code is taken for now.', {
    retryAfter: counted.secondsLeft,
  })
}

/** Takes a guess off that proved right. */
export async function forgiveGuess(
  { db }: Pick<Context, 'db'>,
  { id }: Pick<Application, 'id'>,
): Promise<void> {
  await db
    .update(codeGuesses)
    .set({ wrong: sql`${codeGuesses.wrong} - 1` })
    .where(
      sql`${codeGuesses.applicationId} = ${id} and ${codeGuesses.hour} = ${hour} and ${codeGuesses.wrong} > 0`,
    )
}
